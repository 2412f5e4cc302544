// Taking every second factor off an account whose owner has lost them: by whom, and what follows.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAuthenticator } from '../../support/authenticator.ts';
import { readMails } from '../../support/mailbox.ts';
import {
  beginSignIn,
  createHolder,
  expectOk,
  type Holder,
  nextCode,
  refresh,
  registerPasskey,
  signInByPasskey,
  verify,
} from '../../support/second-factors.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, createRole, listActs, type Person } from './people.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await createRole([server], { name: 'Helpdesk', level: 2, pairs: ['user:UPDATE'] });
});
afterAll(() => server.close());

const HOUR = 3_600_000;
const reset = (id: string, token?: string) => server.rest('POST', `/users/${id}/mfa/reset`, { token });

let admin: Person;
let holder: Holder;
beforeEach(async () => {
  holder = await createHolder(server);
  admin = await createAdmin(server);
});

describe('by an administrator', () => {
  test('app, passkeys, backup codes and what was under way are gone; the password alone signs in', async () => {
    const key = createAuthenticator(server.url.replace('127.0.0.1', 'localhost'));
    expectOk(await registerPasskey(server, holder.tokens.access, key));
    const { access } = await refresh(server, holder.tokens);
    const waiting = expectOk(await server.rest('POST', '/auth/mfa/enroll', { token: access }));
    const { mfa_token } = await beginSignIn(server, holder);

    const { status, body } = await reset(holder.id, admin.token);
    expect([status, body.id, body.username]).toEqual([200, holder.id, holder.username]);
    expect(JSON.stringify(body)).not.toMatch(/two_factor|backup|secret/);

    expect((await verify(server, mfa_token, 'totp', nextCode(server, holder.app.secret))).body.code).toBe(
      'INVALID_CODE',
    );
    expect((await signInByPasskey(server, key)).body.code).toBe('INVALID_CREDENTIALS');
    const signedIn = await beginSignIn(server, holder);
    expect(signedIn.status).toBe('ok');
    const token = signedIn.access_token;
    for (const code of [holder.app.backupCodes[0], nextCode(server, holder.app.secret)])
      expect((await server.rest('POST', '/auth/step-up', { token, body: { code } })).body.code).toBe('INVALID_CODE');
    const code = nextCode(server, waiting.secret);
    expect((await server.rest('POST', '/auth/mfa/activate', { token, body: { code } })).body.code).toBe('INVALID_CODE');
    expect(expectOk(await server.rest('GET', '/auth/passkeys', { token })).items).toEqual([]);
  });

  test('every session ends: whoever holds one may be the reason', async () => {
    await reset(holder.id, admin.token);
    expect((await server.rest('GET', '/auth/me', { token: holder.tokens.access })).body.code).toBe('SESSION_REVOKED');
    const body = { refresh_token: holder.tokens.refresh };
    expect((await server.rest('POST', '/auth/refresh', { body })).body.code).toBe('SESSION_REVOKED');
  });

  test('the person is told, and the audit names who did it', async () => {
    // Told of one change after the other within the hour, they would hear of the first alone.
    server.clock.advance(2 * HOUR);
    await reset(holder.id, (await server.signIn(admin)).access);
    expect((await readMails(server, holder.email))[0]?.text).toContain('The second factor of your account');
    const [record] = (await listActs(server, holder.id)).filter(({ act }) => act === 'users.mfa_reset');
    expect(record).toMatchObject({ outcome: 'success', actor: { kind: 'user', id: admin.id } });
  });

  test('somebody without factors stays as they are, but for their sessions', async () => {
    const person = await createPerson(server);
    expect((await reset(person.id, admin.token)).status).toBe(200);
    expect((await beginSignIn(server, person)).status).toBe('ok');
  });

  test('a sign-in that is finished at the same moment leaves no session', async () => {
    for (let round = 0; round < 5; round++) {
      const other = await createHolder(server);
      const { mfa_token } = await beginSignIn(server, other);
      const code = nextCode(server, other.app.secret);
      const [signedIn] = await Promise.all([verify(server, mfa_token, 'totp', code), reset(other.id, admin.token)]);
      if (signedIn.status !== 200) continue;
      const me = await server.rest('GET', '/auth/me', { token: signedIn.body.access_token });
      expect(me.body.code).toBe('SESSION_REVOKED');
    }
  });

  test('demands a fresh proof', async () => {
    server.clock.advance(10 * 60_000 + 2_000);
    expect((await reset(holder.id, admin.token)).body.code).toBe('STEP_UP_REQUIRED');
    const proof = { password: admin.password };
    const { access_token } = expectOk(await server.rest('POST', '/auth/step-up', { token: admin.token, body: proof }));
    expect((await reset(holder.id, access_token)).status).toBe(200);
  });

  test('of oneself: the session that asked ends with the others', async () => {
    expect((await reset(admin.id, admin.token)).status).toBe(200);
    expect((await server.rest('GET', '/auth/me', { token: admin.token })).body.code).toBe('SESSION_REVOKED');
    expect((await beginSignIn(server, admin)).status).toBe('ok');
  });

  test('of nobody', async () => {
    expect((await reset('f'.repeat(24), admin.token)).body.code).toBe('NOT_FOUND');
    expect((await reset('not-an-id', admin.token)).body.code).toBe('VALIDATION_FAILED');
  });
});

describe('by others', () => {
  test('who may edit users, but only up to their own level', async () => {
    const helper = await createPerson(server, [{ name: 'Helpdesk' }]);
    const { body } = await reset(admin.id, helper.token);
    expect([body.status, body.code]).toEqual([403, 'PERMISSION_DENIED']);
    expect((await reset(holder.id, helper.token)).status).toBe(200);
  });

  test('a user does not, of themselves either; nor does a service or a stranger', async () => {
    expect((await reset(holder.id, holder.tokens.access)).body.code).toBe('PERMISSION_DENIED');
    const service = await server.mintClientToken(['users:read', 'users:metadata']);
    expect((await reset(holder.id, service)).body.code).toBe('PERMISSION_DENIED');
    expect((await reset(holder.id)).body.code).toBe('UNAUTHENTICATED');
    expect((await beginSignIn(server, holder)).status).toBe('mfa_required');
  });
});
