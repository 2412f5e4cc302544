// What a QR sign-in opens is the phone's child: no fresher, no longer, and gone with it. Else a stolen token would make itself a session of its own.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { registerApp } from '../support/browser-session.ts';
import { claimsOf, expectOk, refresh } from '../support/second-factors.ts';
import { startTestServer, type TestServer, type TestUser, type Tokens } from '../support/server.ts';

let server: TestServer;
let other: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Plays both sides, as whoever holds the phone's token can. */
async function signInByQr(token: string): Promise<Tokens> {
  const { qr_id, qr_secret, number } = expectOk(await server.rest('POST', '/auth/qr'));
  expectOk(await server.rest('POST', `/auth/qr/${qr_id}/scan`, { token }));
  expectOk(await other.rest('POST', `/auth/qr/${qr_id}/confirm`, { token, body: { number } }));
  const body = expectOk(await server.rest('POST', `/auth/qr/${qr_id}/claim`, { body: { qr_secret } }));
  return { access: body.access_token, refresh: body.refresh_token };
}
async function newPhone(): Promise<{ user: TestUser; phone: Tokens }> {
  const user = await server.createUser();
  return { user, phone: await server.signIn(user) };
}
const codeOf = async (token: string, on = server) => (await on.rest('GET', '/auth/me', { token })).body.code ?? 'ok';

test('it is as fresh as the phone’s proof', async () => {
  const { phone } = await newPhone();
  server.clock.advance(11 * MINUTE);
  const { access } = await signInByQr(phone.access);
  expect(claimsOf(access).auth_time).toBe(claimsOf(phone.access).auth_time);
  for (const [path, body] of [
    ['/auth/password/change', { new_password: 'another horse battery' }],
    ['/auth/mfa/enroll', {}],
  ] as const)
    expect((await server.rest('POST', path, { token: access, body })).body.code).toBe('STEP_UP_REQUIRED');
});

test('it lasts no longer than the phone’s session, however often it is handed on', async () => {
  const { phone } = await newPhone();
  const ends = claimsOf(phone.refresh).exp;
  let last = phone;
  for (let day = 0; day < 3; day++) {
    server.clock.advance(2 * DAY);
    last = await signInByQr((await refresh(server, last)).access);
    expect(claimsOf(last.refresh).exp).toBe(ends);
  }
});

test('it ends with the phone’s session, and so does what it has vouched for, on every instance', async () => {
  const { phone } = await newPhone();
  const browser = await signInByQr(phone.access);
  const second = await signInByQr(browser.access);
  expect(await codeOf(second.access)).toBe('ok');
  await server.rest('POST', '/auth/logout', { token: phone.access });
  for (const { access, refresh: refresh_token } of [browser, second]) {
    expect(await codeOf(access)).toBe('SESSION_REVOKED');
    const refreshed = await other.rest('POST', '/auth/refresh', { body: { refresh_token } });
    expect(refreshed.body.code).toBe('SESSION_REVOKED');
  }
});

test('signing the browser out leaves the phone signed in', async () => {
  const { phone } = await newPhone();
  const browser = await signInByQr(phone.access);
  await server.rest('POST', '/auth/logout', { token: browser.access });
  expect([await codeOf(browser.access), await codeOf(phone.access)]).toEqual(['SESSION_REVOKED', 'ok']);
});

test('it belongs to the phone’s application, and goes when that is removed', async () => {
  const app = await registerApp(server);
  const { phone } = await newPhone();
  const { sid } = claimsOf(phone.access);
  const sessions = server.deps.database.db.collection('sessions');
  await sessions.updateOne({ session_id: claimsOf(phone.refresh).jti }, { $set: { client_id: app.clientId } });
  const { access } = await signInByQr(phone.access);
  const { access: admin } = await server.signIn(await server.createUser([{ name: 'Admin' }]));
  expect((await server.rest('DELETE', `/clients/${app.clientId}`, { token: admin })).status).toBe(204);
  expect(await codeOf(access)).toBe('SESSION_REVOKED');
  expect(sid).not.toBe(claimsOf(access).sid);
});
