// Second factors: an authenticator app, backup codes, a role that demands one, a number that may be another's.
import { decodeJwt } from 'jose';
import { createAuthenticator } from '../../../support/authenticator.ts';
import { enterStep, readApp } from '../../../support/second-factors.ts';
import { password } from '../stage.ts';
import { MINUTE, type Scenarios, signIn, tokenOf } from './scenario.ts';

const amrOf = ({ access_token }: { access_token: string }) => decodeJwt(access_token)['amr'];
const STEP = 30_000;

export const factorsScenarios: Scenarios = {
  async 'an authenticator app'(ask, stage) {
    enterStep(stage);
    const [one, other] = [await signIn(ask, 'wei.fang'), await signIn(ask, 'wei.fang')];
    let token = one.access_token;
    for (const path of ['auth.mfa.enroll', 'auth.mfa.disable', 'auth.mfa.backupCodes'] as const) await ask(path);
    await ask('auth.mfa.enroll', { setup_token: 'x'.repeat(43) });
    await ask('auth.mfa.activate', { code: '123456', setup_token: 'x'.repeat(43) });
    await ask('auth.mfa.activate', { code: '123456' }, { token });
    await ask('auth.mfa.disable', {}, { token });
    await ask('auth.mfa.backupCodes', undefined, { token });
    await ask('auth.mfa.enroll', { method: 'sms' }, { token });
    const first = await ask('auth.mfa.enroll', {}, { token });
    const { secret } = await ask('auth.mfa.enroll', {}, { token });
    await ask('auth.mfa.activate', { code: readApp(stage, first.secret) }, { token });
    await ask('auth.mfa.activate', { code: readApp(stage, secret, 3) }, { token });
    const code = readApp(stage, secret);
    const { backup_codes: codes } = await ask('auth.mfa.activate', { code }, { token });
    await ask('auth.me', undefined, { token });
    await ask('auth.me', undefined, { token: other.access_token });
    const refreshed = await ask('auth.refresh', { refresh_token: one.refresh_token });
    ask.note('amr after it', amrOf(refreshed));
    token = refreshed.access_token;
    await ask('auth.mfa.activate', { code }, { token });
    await ask('auth.sessions.list', {}, { token });

    const { mfa_token } = await signIn(ask, 'wei.fang');
    const verify = (method: string, answer: string) => ask('auth.mfa.verify', { mfa_token, method, code: answer });
    await verify('totp', code);
    await verify('email', '123456');
    await ask('auth.mfa.verify', { mfa_token, method: 'new_account' });
    await ask('auth.mfa.verify', { mfa_token, method: 'sms', code });
    await verify('totp', readApp(stage, secret, 2));
    stage.advance(STEP);
    const next = readApp(stage, secret);
    ask.note('amr by app', amrOf(await verify('totp', ` ${next.slice(0, 3)} ${next.slice(3)} `)));
    await verify('totp', next);

    const by = async (method: string, answer: string) => {
      const begun = await signIn(ask, 'wei.fang');
      return ask('auth.mfa.verify', { mfa_token: begun.mfa_token, method, code: answer });
    };
    await by('totp', next);
    ask.note('amr by a backup code', amrOf(await by('backup_code', codes[0].toUpperCase().replace('-', ' '))));
    await by('backup_code', codes[0]);
    await ask('auth.stepUp', { code: codes[1] }, { token });
    await ask('auth.stepUp', { code: codes[1] }, { token });
    stage.advance(STEP);
    ask.note('amr after a step-up', amrOf(await ask('auth.stepUp', { code: readApp(stage, secret) }, { token })));
    await ask('auth.stepUp', { code: readApp(stage, secret) }, { token });
    const sent = await ask('auth.otp.send', { email: 'wei.fang@example.com', purpose: 'step_up' }, { token });
    const { code: mailed } = await stage.readMail('wei.fang@example.com');
    await ask('auth.stepUp', { code: mailed, challenge_id: sent.challenge_id }, { token });
    await ask('auth.stepUp', { password }, { token });

    const { backup_codes: renewed } = await ask('auth.mfa.backupCodes', undefined, { token });
    await ask('auth.mfa.backupCodes', undefined, { token });
    await by('backup_code', codes[2]);
    token = (await by('backup_code', renewed[0])).access_token;
    const waiting = await signIn(ask, 'wei.fang');
    await ask('auth.mfa.disable', {}, { token });
    await ask('auth.me', undefined, { token });
    await ask('auth.mfa.verify', { mfa_token: waiting.mfa_token, method: 'backup_code', code: renewed[1] });
    await signIn(ask, 'wei.fang');
  },

  async 'guessing at a second factor'(ask, stage) {
    enterStep(stage);
    const token = await tokenOf(ask, 'wei.fang');
    const { secret } = await ask('auth.mfa.enroll', {}, { token });
    const { backup_codes: codes } = await ask('auth.mfa.activate', { code: readApp(stage, secret) }, { token });
    let { mfa_token } = await signIn(ask, 'wei.fang');
    const verify = (method: string, code: string) => ask('auth.mfa.verify', { mfa_token, method, code });
    for (let failure = 0; failure < 3; failure++) await verify('totp', readApp(stage, secret, 5));
    // The right password makes none of them forgotten.
    ({ mfa_token } = await signIn(ask, 'wei.fang'));
    for (let failure = 0; failure < 2; failure++) await verify('backup_code', 'aaaaa-aaaaa');
    await verify('backup_code', codes[0]);
    await signIn(ask, 'wei.fang');
    stage.advance(31 * MINUTE);
    await verify('backup_code', codes[0]);
    ({ mfa_token } = await signIn(ask, 'wei.fang'));
    for (let wrong = 0; wrong < 5; wrong++) await verify('email', '123456');
    await verify('backup_code', codes[0]);
    ({ mfa_token } = await signIn(ask, 'wei.fang'));
    const { access_token, refresh_token } = await verify('backup_code', codes[0]);

    const id = await stage.idOf('wei.fang');
    await ask('users.mfa.reset', { id }, { token: await tokenOf(ask, 'li.lei') });
    const admin = { token: await tokenOf(ask, 'root') };
    await ask('users.mfa.reset', { id: 'f'.repeat(24) }, admin);
    const { mfa_token: lapsed } = await signIn(ask, 'wei.fang');
    await ask('users.mfa.reset', { id }, admin);
    await ask('users.mfa.reset', { id }, admin);
    await ask('auth.me', undefined, { token: access_token });
    await ask('auth.refresh', { refresh_token });
    await ask('auth.mfa.verify', { mfa_token: lapsed, method: 'backup_code', code: codes[1] });
    stage.advance(11 * MINUTE);
    await ask('users.mfa.reset', { id }, admin);
    const late = await tokenOf(ask, 'wei.fang');
    const again = await ask('auth.mfa.enroll', {}, { token: late });
    stage.advance(9 * MINUTE);
    await ask('auth.stepUp', { password }, { token: late });
    stage.advance(7 * MINUTE);
    const then = { token: await tokenOf(ask, 'wei.fang') };
    await ask('auth.mfa.activate', { code: readApp(stage, again.secret) }, then);
    stage.advance(11 * MINUTE);
    await ask('auth.mfa.enroll', {}, then);
    await ask('auth.mfa.disable', {}, then);
  },

  async 'a role that demands a second factor'(ask, stage) {
    enterStep(stage);
    const admin = { token: await tokenOf(ask, 'root') };
    const fields = { name: 'Warden', display_name: '保管员', level: 1 };
    const role = await ask('rbac.roles.create', { ...fields, permission_ids: [] }, admin);
    const person = { username: 'warden', email: 'warden@example.com', password };
    const { id } = await ask('users.create', { ...person, role_ids: [role.id] }, admin);
    const demand = async (roles: string[] | null) => {
      const { version } = await ask.quietly('system.config.get', undefined, admin);
      await ask.quietly('system.config.update', { version, settings: { 'security.mfa_required_roles': roles } }, admin);
    };
    const begin = (wishes: object = {}) => ask('auth.login', { username: 'warden', password, ...wishes });
    await begin();
    await demand(['Warden']);
    const [{ setup_token }, other] = [await begin(), await begin()];
    const waiting = { setup_token };
    await ask('auth.me', undefined, { token: setup_token });
    await ask('auth.mfa.verify', { mfa_token: setup_token, method: 'totp', code: '123456' });
    await ask('auth.passkeys.loginOptions', { mfa_token: setup_token });
    await ask('auth.password.reset', { change_token: setup_token, new_password: 'another horse battery' });
    await ask('auth.mfa.disable', waiting);
    await ask('auth.mfa.activate', { ...waiting, code: '123456' });
    const { secret } = await ask('auth.mfa.enroll', waiting);
    await ask('auth.mfa.activate', { ...waiting, code: readApp(stage, secret, 5) });
    const activated = await ask('auth.mfa.activate', { ...waiting, code: readApp(stage, secret) });
    await ask('auth.mfa.enroll', { setup_token: other.setup_token });
    await ask('auth.mfa.enroll', waiting);
    const change = { change_token: activated.change_token, new_password: 'another horse battery' };
    await ask('auth.password.reset', change);
    await ask('auth.password.reset', change);

    const enter = (wishes: object = {}, headers: Record<string, string> = {}) =>
      ask('auth.login', { username: 'warden', password: change.new_password, ...wishes }, { headers });
    stage.advance(STEP);
    const begun = await enter();
    const totp = { mfa_token: begun.mfa_token, method: 'totp', code: readApp(stage, secret) };
    const { access_token: token, refresh_token } = await ask('auth.mfa.verify', totp);
    await ask('auth.refresh', { refresh_token });
    await ask('auth.mfa.disable', {}, { token });
    await ask('users.mfa.reset', { id }, admin);
    await enter({ refresh_transport: 'cookie' });
    const origin = { origin: stage.url };
    const cookie = await enter({ refresh_transport: 'cookie' }, origin);
    await ask('auth.mfa.enroll', { setup_token: cookie.setup_token });
    const enrolled = await ask('auth.mfa.enroll', { setup_token: cookie.setup_token }, { headers: origin });
    const proof = { setup_token: cookie.setup_token, code: readApp(stage, enrolled.secret) };
    await ask('auth.mfa.activate', proof);
    const signedIn = await ask('auth.mfa.activate', proof, { headers: origin });
    ask.note('amr', amrOf(signedIn));

    // A passkey is as good.
    const page = stage.url.replace('127.0.0.1', 'localhost');
    const key = createAuthenticator(page);
    await ask('users.mfa.reset', { id }, admin);
    const { setup_token: setup } = await enter();
    const attestation = key.create(await ask('auth.passkeys.registerOptions', { setup_token: setup }));
    const registered = await ask('auth.passkeys.register', { attestation, setup_token: setup });
    ask.note('amr', amrOf(registered));
    await ask('auth.passkeys.register', { attestation, setup_token: setup });
    const own = { token: registered.access_token };
    const { items } = await ask('auth.passkeys.list', undefined, own);
    await ask('auth.passkeys.remove', { id: items[0].id }, own);

    // It came to be demanded after the session had begun.
    await demand(null);
    await ask('users.mfa.reset', { id }, admin);
    const bare = await enter();
    await demand(['Warden']);
    await ask('auth.me', undefined, { token: bare.access_token });
    await ask('auth.refresh', { refresh_token: bare.refresh_token });
    const late = await enter();
    stage.advance(16 * MINUTE);
    await ask('auth.mfa.enroll', { setup_token: late.setup_token });
    admin.token = await tokenOf(ask, 'root');
    await demand(null);
    await ask('users.delete', { id }, admin);
    await ask('rbac.roles.delete', { id: role.id }, admin);
  },

  async 'a number that may be another’s'(ask, stage) {
    const { access_token } = await signIn(ask, 'wei.fang');
    const [id, phone] = [await stage.idOf('wei.fang'), '13800138077'];
    const admin = { token: await tokenOf(ask, 'root') };
    const byPhone = async () => {
      await ask('auth.otp.send', { phone, purpose: 'login' });
      return ask('auth.login', { phone, code: await stage.readSms(phone) });
    };
    await ask('users.update', { id, phone }, admin);
    await ask('auth.password.forgot', { phone });
    await ask('auth.password.reset', { phone, code: '123456', new_password: 'another horse battery' });
    const { mfa_token } = await byPhone();
    const { code } = await stage.readMail('wei.fang@example.com');
    await ask('auth.login', { email: 'wei.fang@example.com', code });
    await ask('auth.mfa.verify', { mfa_token, method: 'totp', code });
    await ask('auth.mfa.verify', { mfa_token, method: 'email', code: code === '000000' ? '000001' : '000000' });
    await ask('users.get', { id }, admin);
    ask.note('amr', amrOf(await ask('auth.mfa.verify', { mfa_token, method: 'email', code })));
    await ask('auth.mfa.verify', { mfa_token, method: 'email', code });
    await ask('users.get', { id }, admin);
    await byPhone();
    await ask('auth.me', undefined, { token: access_token });

    await ask('users.update', { id, phone: '13800138078' }, admin);
    await ask('users.update', { id, phone }, admin);
    const begun = await byPhone();
    const taken = await ask('auth.mfa.verify', { mfa_token: begun.mfa_token, method: 'new_account' });
    ask.note('amr of the new account', amrOf(taken));
    await ask('auth.mfa.verify', { mfa_token: begun.mfa_token, method: 'new_account' });
    await ask('auth.me', undefined, { token: access_token });
    await ask('users.get', { id }, admin);
    await byPhone();
    await ask('auth.login', { phone, password });
    await ask('users.delete', { id: taken.user.id }, admin);
    await signIn(ask, 'wei.fang');
  },
};
