// A stolen access token proves nothing: guesses with it are counted, capped, and lock the account as any others.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHolder, nextCode, readApp, signInByApp } from '../support/second-factors.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let second: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  second = await startTestServer({ sharedWith: server });
});
afterAll(async () => {
  await second.close();
  await server.close();
});

const stepUp = (token: string, body: object, on = server) => on.rest('POST', '/auth/step-up', { token, body });

describe('guesses', () => {
  const guesses: ((on: { secret: string }) => object)[] = [
    () => ({ password: 'a wrong guess' }),
    ({ secret }) => ({ code: readApp(server.clock, secret, 9) }),
    () => ({ code: 'wrong-guess' }),
    () => ({ code: '123456', challenge_id: 'x'.repeat(22) }),
    () => ({ password: 'another wrong guess' }),
  ];

  test('count to the lock of the account, whatever is guessed', async () => {
    const holder = await createHolder(server);
    const { access: token } = await signInByApp(server, holder, holder.app);
    for (const guess of guesses) expect((await stepUp(token, guess(holder.app))).status).toBe(401);
    const right = await stepUp(token, { password: holder.password });
    expect([right.status, right.body.code, right.body.retry_after]).toEqual([423, 'ACCOUNT_LOCKED', 1800]);
    const { email, password } = holder;
    const login = await server.rest('POST', '/auth/login', { body: { email, password } });
    expect(login.body.code).toBe('ACCOUNT_LOCKED');
  });

  test('get no more than five comparisons when they come at once, on two instances', async () => {
    const { access } = await server.signIn(await server.createUser());
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) => stepUp(access, { password: 'a guess' }, index % 2 ? second : server)),
    );
    const compared = answers.filter(({ body }) => body.code === 'INVALID_CREDENTIALS');
    expect(compared.length).toBeLessThanOrEqual(5);
    for (const { status } of answers) expect([401, 423, 429]).toContain(status);
  });

  test('of the old password, of codes to be bound, of an app to be proven: one allowance for all', async () => {
    const { access: token } = await server.signIn(await server.createUser());
    await server.rest('POST', '/auth/mfa/enroll', { token });
    const contact = { email: 'new@example.com' };
    const sent = await server.rest('POST', '/auth/otp', { token, body: { ...contact, purpose: 'bind' } });
    const acts: [string, object][] = [
      ['/auth/password/change', { old_password: 'a wrong guess', new_password: 'another horse battery' }],
      ['/auth/contact', { ...contact, code: '123456', challenge_id: sent.body.challenge_id }],
      ['/auth/mfa/activate', { code: '000000' }],
      ['/auth/step-up', { password: 'a wrong guess' }],
      ['/auth/step-up', { code: 'wrong-guess' }],
    ];
    for (const [path, body] of acts)
      expect([path, (await server.rest('POST', path, { token, body })).status]).toEqual([path, 401]);
    for (const [path, body] of acts)
      expect([path, (await server.rest('POST', path, { token, body })).body.code]).toEqual([path, 'ACCOUNT_LOCKED']);
  });
});

test('a right proof clears what was guessed before', async () => {
  const holder = await createHolder(server);
  const { access: token } = await signInByApp(server, holder, holder.app);
  for (let failure = 0; failure < 4; failure++) await stepUp(token, { password: 'a wrong guess' });
  expect((await stepUp(token, { code: nextCode(server, holder.app.secret) })).status).toBe(200);
  for (let failure = 0; failure < 4; failure++)
    expect((await stepUp(token, { password: 'a wrong guess' })).body.code).toBe('INVALID_CREDENTIALS');
});

test('a session that ended proves nothing; a service and a stranger neither', async () => {
  const user = await server.createUser();
  const { access } = await server.signIn(user);
  await server.rest('POST', '/auth/logout', { token: access });
  expect((await stepUp(access, { password: user.password })).body.code).toBe('SESSION_REVOKED');
  const client = await server.mintClientToken(['users:read']);
  expect((await stepUp(client, { password: user.password })).body.code).toBe('PERMISSION_DENIED');
  const nobody = await server.rest('POST', '/auth/step-up', { body: { password: user.password } });
  expect(nobody.body.code).toBe('UNAUTHENTICATED');
});
