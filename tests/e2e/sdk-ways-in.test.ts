// The ways in through the packed SDK against the real server: phone codes, second factors, step-up, forced changes.
import { TOTP, URI } from 'otpauth';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuthCenter, AuthCenterOptions, LoginResult, StepUpProof } from '../../client-sdk/src/index.ts';
import { importPackedSdk, installPackedSdk, type PackedSdk } from '../support/packed-sdk.ts';
import { newNumber, readCode, toE164 } from '../support/phones.ts';
import { claimsOf } from '../support/second-factors.ts';
import { startTestServer, type TestServer, type TestUser } from '../support/server.ts';

let packed: PackedSdk;
let sdk: Awaited<ReturnType<typeof importPackedSdk>>['client'];
let server: TestServer;
beforeAll(async () => {
  packed = await installPackedSdk();
  ({ client: sdk } = await importPackedSdk(packed));
  server = await startTestServer({ config: { security: { mfa_required_roles: ['Admin'] } } });
}, 120_000);
afterAll(async () => {
  await server?.close();
  packed?.remove();
});

const MINUTE = 60_000;

const connect = (options: Partial<AuthCenterOptions> = {}): AuthCenter =>
  sdk.createAuthCenter({ url: server.url, ...options });
const login = ({ auth }: AuthCenter, { email, password }: TestUser): Promise<LoginResult> =>
  auth.login({ email, password });
const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'no error',
    (error: unknown) => (error instanceof sdk.AuthCenterError ? error.code : String(error)),
  );

/** An authenticator app that has read a QR code. @returns what it shows next; a code is good once */
function openApp(otpauthUrl: string): () => string {
  const totp = URI.parse(otpauthUrl);
  if (!(totp instanceof TOTP)) throw new Error('not for an app that counts time');
  return () => {
    server.clock.advance(30_000);
    return totp.generate({ timestamp: server.clock.now().getTime() });
  };
}

/** With an authenticator app, enrolled through the SDK, and signed in. */
async function createHolder(options: Partial<AuthCenterOptions> = {}) {
  const user = await server.createUser();
  const client = connect(options);
  await login(client, user);
  const nextCode = openApp((await client.api.auth.mfa.enroll.mutate()).otpauth_url);
  const activated = await client.auth.activateMfa({ code: nextCode() });
  return { user, client, nextCode, activated };
}

async function beginMfa(client: AuthCenter, user: TestUser): Promise<string> {
  const result = await login(client, user);
  return result.status === 'mfa_required' ? result.mfa_token : expect.fail(result.status);
}

describe('by phone', () => {
  test('a number that nobody has becomes an account, however it is typed; the next time it is the same', async () => {
    const number = newNumber();
    const full = number.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
    const { api, auth } = connect();
    const { challenge_id } = await api.auth.otp.send.mutate({ phone: full, purpose: 'login' });
    const code = await readCode(server, toE164(number));
    expect(await codeOf(auth.login({ phone: full, code: code === '000000' ? '000001' : '000000' }))).toBe(
      'INVALID_CODE',
    );
    expect(auth.user).toBeNull();
    const typed = ` 0086 ${number.slice(0, 3)} ${number.slice(3, 7)} ${number.slice(7)}`;
    const result = await auth.login({ phone: typed, code: `${code.slice(0, 3)} ${code.slice(3)}`, challenge_id });
    expect(result).toMatchObject({ status: 'ok', user: { phone: toE164(number), email: null } });
    expect(await codeOf(connect().auth.login({ phone: number, code, challenge_id }))).toBe('INVALID_CODE');

    server.clock.advance(2 * MINUTE);
    const again = connect();
    await again.api.auth.otp.send.mutate({ phone: number, purpose: 'login' });
    await again.auth.login({ phone: toE164(number), code: await readCode(server, toE164(number)) });
    expect(again.auth.user?.id).toBe(auth.user?.id);
  });
});

describe('a second factor', () => {
  test('enrolled, asked for from then on, and each code good once', async () => {
    const { user, client, nextCode, activated } = await createHolder();
    expect(activated).toMatchObject({ status: 'active', backup_codes: { length: 10 } });
    // What was proven changed the account, and so the token: nobody notices.
    expect((await client.api.auth.me.query()).id).toBe(user.id);

    const next = connect();
    const mfa_token = await beginMfa(next, user);
    expect(next.auth.user).toBeNull();
    const verify = (code: string, token = mfa_token, by = next) =>
      by.auth.verifyMfa({ mfa_token: token, method: 'totp', code });
    expect(await codeOf(verify('000000'))).toBe('INVALID_CODE');
    const code = nextCode();
    expect(await verify(code)).toMatchObject({ status: 'ok', user: { id: user.id } });
    expect(claimsOf((await next.auth.getAccessToken()) ?? '').amr).toEqual(['pwd', 'otp', 'mfa']);
    expect(await codeOf(verify(nextCode()))).toBe('INVALID_CODE');
    const other = connect();
    expect(await codeOf(verify(code, await beginMfa(other, user), other))).toBe('INVALID_CODE');
    expect(other.auth.user).toBeNull();
  });

  test('a backup code in its place, once', async () => {
    const { user, activated } = await createHolder();
    const code = activated.backup_codes?.[0] ?? expect.fail('there are none');
    const finish = async () => {
      const client = connect();
      const mfa_token = await beginMfa(client, user);
      return client.auth.verifyMfa({ mfa_token, method: 'backup_code', code });
    };
    expect(await finish()).toMatchObject({ status: 'ok' });
    expect(await codeOf(finish())).toBe('INVALID_CODE');
  });

  test('demanded by a role: enrolled on the way in, with a setup_token and nothing else', async () => {
    const admin = await server.createUser([{ name: 'Admin' }]);
    const client = connect();
    const begun = await login(client, admin);
    if (begun.status !== 'mfa_setup_required') return expect.fail(begun.status);
    const { setup_token } = begun;
    expect(client.auth.user).toBeNull();
    expect(await codeOf(client.api.auth.me.query())).toBe('UNAUTHENTICATED');
    const { otpauth_url } = await client.api.auth.mfa.enroll.mutate({ setup_token });
    const result = await client.auth.activateMfa({ code: openApp(otpauth_url)(), setup_token });
    expect(result).toMatchObject({ status: 'ok', user: { id: admin.id }, backup_codes: { length: 10 } });
    expect(client.auth.can('ROLE_MANAGE')).toBe(true);
    expect((await client.api.users.list.query({ limit: 1 })).items).toHaveLength(1);
    return undefined;
  });
});

test('a password that somebody else has set: replaced first, then it signs in', async () => {
  const user = await server.createUser();
  await server.deps.users.update(user.id, {}, { $set: { password_change_required: true } });
  const client = connect();
  const begun = await login(client, user);
  if (begun.status !== 'password_change_required') return expect.fail(begun.status);
  expect(client.auth.user).toBeNull();
  const new_password = '新的 horse battery';
  await client.api.auth.password.reset.mutate({ change_token: begun.change_token, new_password });
  expect(await login(client, { ...user, password: new_password })).toMatchObject({
    status: 'ok',
    user: { id: user.id },
  });
  return undefined;
});

describe('proving oneself again, ten minutes later', () => {
  /** Answers with one proof after the other. */
  function answerWith(...proofs: (() => StepUpProof)[]) {
    const questions: (string | null)[] = [];
    const onStepUp: NonNullable<AuthCenterOptions['onStepUp']> = async (refused) => {
      questions.push(refused?.code ?? null);
      return proofs[questions.length - 1]?.() ?? null;
    };
    return { questions, onStepUp };
  }
  /** Begins with a passkey: an act that demands a fresh proof, and changes nothing. */
  const begin = ({ api }: AuthCenter) => api.auth.passkeys.registerOptions.mutate();

  test('one question for all calls, asked again after a wrong password; the session stays, and it holds past a refresh', async () => {
    const user = await server.createUser();
    const { questions, onStepUp } = answerWith(
      () => ({ password: 'wrong horse' }),
      () => ({ password: user.password }),
    );
    const client = connect({ onStepUp });
    await login(client, user);
    await begin(client);
    expect(questions).toEqual([]);
    const { sid } = claimsOf((await client.auth.getAccessToken()) ?? '');
    server.clock.advance(10 * MINUTE + 2_000);
    await Promise.all(Array.from({ length: 5 }, () => begin(client)));
    expect(questions).toEqual([null, 'INVALID_CREDENTIALS']);
    expect(claimsOf((await client.auth.getAccessToken()) ?? '').sid).toBe(sid);
    server.clock.advance(8 * MINUTE);
    await client.auth.getAccessToken({ refresh: true });
    await begin(client);
    expect(questions).toHaveLength(2);
    server.clock.advance(8 * MINUTE);
    expect(await codeOf(begin(client))).toBe('STEP_UP_REQUIRED');
    expect(client.auth.user?.id).toBe(user.id);
  });

  test('by a code of the app; after a wrong one it is asked again, and told why', async () => {
    const { questions, onStepUp } = answerWith(
      () => ({ code: 'not-a-code' }),
      () => ({ code: holder.nextCode() }),
    );
    const holder = await createHolder({ onStepUp });
    server.clock.advance(10 * MINUTE + 2_000);
    await holder.client.api.auth.mfa.backupCodes.mutate();
    expect(questions).toEqual([null, 'INVALID_CODE']);
  });

  test('without anybody to ask: STEP_UP_REQUIRED, then auth.stepUp with a code that was sent', async () => {
    const number = newNumber();
    const client = connect();
    await client.api.auth.otp.send.mutate({ phone: number, purpose: 'login' });
    await client.auth.login({ phone: number, code: await readCode(server, toE164(number)) });
    server.clock.advance(10 * MINUTE + 2_000);
    expect(await codeOf(begin(client))).toBe('STEP_UP_REQUIRED');
    const { challenge_id } = await client.api.auth.otp.send.mutate({ phone: number, purpose: 'step_up' });
    await client.auth.stepUp({ code: await readCode(server, toE164(number)), challenge_id });
    await begin(client);
  });

  test('once the token has expired as well: renewed and proven, one after the other', async () => {
    const user = await server.createUser();
    const { questions, onStepUp } = answerWith(() => ({ password: user.password }));
    const client = connect({ onStepUp });
    await login(client, user);
    server.clock.advance(16 * MINUTE);
    await begin(client);
    expect(questions).toEqual([null]);
  });
});
