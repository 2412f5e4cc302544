// Passkeys: made, signed in with, as a second factor and for a step-up; and what is not good about an answer.
import { decodeJwt } from 'jose';
import { createAuthenticator, type Quirks } from '../../../support/authenticator.ts';
import type { Answer } from '../../../support/server.ts';
import type { Ask } from '../ask.ts';
import { password, type Stage } from '../stage.ts';
import { MINUTE, type Scenarios, signIn, tokenOf } from './scenario.ts';

const amrOf = ({ access_token }: { access_token: string }) => decodeJwt(access_token)['amr'];

/** Passkeys are bound to a domain, and both servers are on an address of this machine. */
const pageOf = ({ url }: Stage): string => url.replace('127.0.0.1', 'localhost');

/** What does not fit what was asked. */
const MISFITS: readonly Quirks[] = [
  { origin: 'https://evil.example' },
  { rpId: 'evil.example' },
  { challenge: 'b3RoZXI' },
  { ceremony: 'payment.get' },
  { userPresent: false },
];

const renew = async (ask: Ask, { refresh_token }: Answer): Promise<Answer> => ask('auth.refresh', { refresh_token });

export const passkeysScenarios: Scenarios = {
  async 'making passkeys'(ask, stage) {
    const session = await signIn(ask, 'wei.fang');
    const as = () => ({ token: session.access_token });
    const key = createAuthenticator(pageOf(stage));
    const begin = (): Promise<Answer> => ask('auth.passkeys.registerOptions', {}, as());
    const register = (attestation: object, label?: string) =>
      ask('auth.passkeys.register', { attestation, ...(label === undefined ? {} : { label }) }, as());
    await ask('auth.passkeys.registerOptions');
    await ask('auth.passkeys.registerOptions', { setup_token: 'x'.repeat(43) });
    await ask('auth.passkeys.list');
    await ask('auth.passkeys.list', undefined, as());
    for (const quirks of MISFITS) await register(key.create(await begin(), quirks));
    const stranger = { token: await tokenOf(ask, 'li.lei') };
    await register(key.create(await ask('auth.passkeys.registerOptions', {}, stranger)));
    const options = await begin();
    await register({ ...key.create(options), id: 'b3RoZXI' });
    await register(key.create(options));
    const late = key.create(await begin());
    stage.advance(5 * MINUTE + 1_000);
    await register(late);
    const { challenge } = await ask('auth.passkeys.loginOptions');
    await register(key.create({ ...options, challenge }));
  },

  async 'signing in with passkeys'(ask, stage) {
    let session = await signIn(ask, 'wei.fang');
    const other = await signIn(ask, 'wei.fang');
    const as = () => ({ token: session.access_token });
    const key = createAuthenticator(pageOf(stage));
    const laptop = createAuthenticator(pageOf(stage), { backedUp: true });
    const begin = (): Promise<Answer> => ask('auth.passkeys.registerOptions', {}, as());
    const register = (attestation: object, label?: string) =>
      ask('auth.passkeys.register', { attestation, ...(label === undefined ? {} : { label }) }, as());
    await register(key.create(await begin()));
    await ask('auth.me', undefined, as());
    await ask('auth.me', undefined, { token: other.access_token });
    session = await renew(ask, session);
    ask.note('amr after it', amrOf(session));
    const again = await begin();
    const [known] = key.credentials;
    await register(key.create(again, known ? { credential: known } : {}));
    await register(laptop.create(await begin()), 'The laptop');
    session = await renew(ask, session);
    const { items } = await ask('auth.passkeys.list', undefined, as());

    const request = (input: object = {}, token?: string): Promise<Answer> =>
      ask('auth.passkeys.loginOptions', input, { token });
    const login = (assertion: object) => ask('auth.login', { assertion });
    const good = key.get(await request());
    ask.note('amr alone', amrOf(await login(good)));
    await login(good);
    for (const quirks of [...MISFITS, { userVerified: false }, { counter: 1 }])
      await login(key.get(await request(), quirks));
    const unknown = createAuthenticator(pageOf(stage));
    unknown.create(again);
    await login(unknown.get(await request()));
    await login({ ...laptop.get(await request()), type: 'password' });
    const assertion = laptop.get(await request());
    await login({ ...assertion, response: { ...assertion.response, userHandle: 'b3RoZXI' } });
    await login(laptop.get(await request()));
    const late = key.get(await request());
    stage.advance(5 * MINUTE + 1_000);
    await login(late);

    const { mfa_token } = await signIn(ask, 'wei.fang');
    const verify = (answer: object) => ask('auth.mfa.verify', { mfa_token, method: 'passkey', assertion: answer });
    await request({ mfa_token: 'x'.repeat(43) });
    await verify(key.get(await request()));
    ask.note('amr', amrOf(await verify(key.get(await request({ mfa_token }), { userVerified: false }))));
    await request({ mfa_token });

    const stepUp = (answer: object) => ask('auth.stepUp', { assertion: answer }, as());
    await request({ purpose: 'step_up' });
    await request({ purpose: 'step_up' }, other.access_token);
    await stepUp(key.get(await request({ purpose: 'step_up' }, session.access_token), { userVerified: false }));
    await stepUp(key.get(await request()));
    ask.note('amr', amrOf(await stepUp(key.get(await request({ purpose: 'step_up' }, session.access_token)))));
    const { access_token: token } = await ask('auth.stepUp', { password }, as());

    await ask('auth.passkeys.list', undefined, { token });
    await ask('auth.passkeys.remove', { id: 'f'.repeat(24) }, { token });
    await ask('auth.passkeys.remove', { id: items[0].id }, { token: await tokenOf(ask, 'li.lei') });
    await ask('auth.passkeys.remove', { id: items[0].id }, { token });
    await ask('auth.passkeys.remove', { id: items[0].id }, { token });
    await login(key.get(await request()));
    session = await renew(ask, session);
    await ask('auth.mfa.backupCodes', undefined, as());
    session = await renew(ask, session);
    stage.advance(11 * MINUTE);
    await ask('auth.passkeys.remove', { id: items[1].id }, as());
    await ask('auth.passkeys.registerOptions', {}, as());
    const admin = { token: await tokenOf(ask, 'root') };
    await ask('users.mfa.reset', { id: await stage.idOf('wei.fang') }, admin);
    await login(laptop.get(await request()));
    session = await signIn(ask, 'wei.fang');
    await ask('auth.passkeys.list', undefined, as());
  },

  async 'a passkey as the only way in'(ask, stage) {
    const phone = '13800138079';
    await ask('auth.otp.send', { phone, purpose: 'register' });
    let session = await ask('auth.register', { phone, code: await stage.readSms(phone) });
    const { id } = session.user;
    const as = () => ({ token: session.access_token });
    const key = createAuthenticator(pageOf(stage));
    const attestation = key.create(await ask('auth.passkeys.registerOptions', {}, as()));
    await ask('auth.passkeys.register', { attestation, label: 'The only one' }, as());
    session = await renew(ask, session);
    await ask('auth.contact.remove', { contact: 'phone' }, as());
    session = await renew(ask, session);
    const { items } = await ask('auth.passkeys.list', undefined, as());
    await ask('auth.passkeys.remove', { id: items[0].id }, as());
    const assertion = key.get(await ask('auth.passkeys.loginOptions'));
    await ask('auth.login', { assertion });
    const admin = { token: await tokenOf(ask, 'root') };
    await ask('users.setStatus', { id, status: 'inactive' }, admin);
    await ask('auth.login', { assertion: key.get(await ask('auth.passkeys.loginOptions')) });
    await ask('users.delete', { id }, admin);
    await ask('auth.login', { assertion: key.get(await ask('auth.passkeys.loginOptions')) });
  },
};
