// Invitations: the link by mail or text message, its page, how long it is good, and what makes it void.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMails, tokenOf } from '../../support/mailbox.ts';
import { openPage, pressButton, readForm } from '../../support/pages.ts';
import { newNumber, signInByPhone, toE164 } from '../../support/phones.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, createPerson, createRole, listActs, type Person } from './people.ts';

let server: TestServer;
let admin: Person;
beforeAll(async () => {
  server = await startTestServer({ config: { registration: { email_verification: 'required' } } });
  admin = await createAdmin(server);
});
afterAll(() => server.close());

const DAY = 86_400_000;
const PASSWORD = 'a horse of course 9';
let next = 0;

async function invite(fields: object = {}, headers: Record<string, string> = {}) {
  const username = `guest.${next++}`;
  const email = `${username}@example.com`;
  const { status, body } = await server.rest('POST', '/users', {
    token: admin.token,
    body: { username, email, ...fields },
    headers,
  });
  expect(status).toBe(201);
  return { id: body.id as string, username, email };
}
const accept = (token: string, new_password = PASSWORD) =>
  server.rest('POST', '/auth/password/reset', { body: { token, new_password } });
const inviteAgain = (id: string, token = admin.token) => server.rest('POST', `/users/${id}/invitation`, { token });
const login = (username: string, password = PASSWORD) =>
  server.rest('POST', '/auth/login', { body: { username, password } });

test('the page of its link sets the first password, and the person is in', async () => {
  const { id, username, email } = await invite();
  const [mail, ...more] = await readMails(server, email);
  expect(more).toEqual([]);
  expect([mail?.subject, mail?.text]).toEqual(['An account was made for you', expect.stringContaining(username)]);
  const link = mail?.link ?? '';
  const { body: html } = await openPage(server, link);
  expect(html).toContain(username);
  const form = readForm(html);
  const weak = await pressButton(server, '/invitation', { ...form, new_password: 'short' });
  expect([weak.status, weak.body]).toEqual([400, expect.stringContaining('at least 8 characters')]);
  const done = await pressButton(server, '/invitation', { ...form, new_password: PASSWORD });
  expect([done.status, done.body]).toEqual([200, expect.stringContaining('The password is set')]);
  const { body } = await login(username);
  expect([body.status, body.user.id]).toEqual(['ok', id]);
  expect((await listActs(server, id)).map(({ act }) => act)).toContain('auth.invitation_accepted');
  // Once.
  expect((await openPage(server, link)).body).toContain('This invitation no longer works');
  expect((await accept(tokenOf(mail))).body.code).toBe('INVALID_CODE');
});

test('is written in the language of who sends it, to the address that the server is known by', async () => {
  const { email } = await invite({}, { 'accept-language': 'zh-CN', 'x-forwarded-host': 'evil.example' });
  const [mail] = await readMails(server, email);
  expect([mail?.subject, mail?.text]).toEqual(['已为您创建账号', expect.stringContaining('7 天内有效')]);
  expect(new URL(mail?.link ?? '').origin).toBe(new URL(server.url).origin);
  const { body } = await openPage(server, mail?.link ?? '', { 'accept-language': 'zh-CN' });
  expect(body).toContain('设置密码');
});

test('goes by text message where there is no mailbox', async () => {
  const phone = newNumber();
  const { username } = await invite({ email: undefined, phone });
  const [message] = await readMails(server, toE164(phone));
  expect(message).toMatchObject({ channel: 'sms', text: expect.stringContaining(message?.link ?? 'no link') });
  expect((await accept(tokenOf(message))).status).toBe(204);
  expect((await login(username)).body.status).toBe('ok');
});

test('is good for seven days, and no longer', async () => {
  const [first, second] = [await invite(), await invite()];
  const tokens = [
    tokenOf((await readMails(server, first.email))[0]),
    tokenOf((await readMails(server, second.email))[0]),
  ];
  server.clock.advance(7 * DAY - 60_000);
  expect((await accept(tokens[0] ?? '')).status).toBe(204);
  server.clock.advance(60_000);
  expect((await accept(tokens[1] ?? '')).body.code).toBe('INVALID_CODE');
  admin = await createAdmin(server);
  expect((await inviteAgain(second.id)).status).toBe(202);
  expect((await accept(tokenOf((await readMails(server, second.email))[0]))).status).toBe(204);
});

test('is void for who is in already, and for an address that is no longer theirs', async () => {
  const phone = newNumber();
  const [in_already, moved] = [await invite({ phone }), await invite()];
  const token = tokenOf((await readMails(server, in_already.email))[0]);
  expect((await signInByPhone(server, phone)).status).toBe(200);
  expect((await accept(token)).body.code).toBe('INVALID_CODE');
  expect((await inviteAgain(in_already.id)).body.code).toBe('INVALID_TRANSITION');

  const old = tokenOf((await readMails(server, moved.email))[0]);
  const email = `moved.${next++}@example.com`;
  const changed = await server.rest('PUT', `/users/${moved.id}`, { token: admin.token, body: { email } });
  expect(changed.body.email_verified).toBe(false);
  expect((await accept(old)).body.code).toBe('INVALID_CODE');
  // By the new one it is proven as well.
  expect((await inviteAgain(moved.id)).status).toBe(202);
  expect((await accept(tokenOf((await readMails(server, email))[0]))).status).toBe(204);
  const { body } = await server.rest('GET', `/users/${moved.id}`, { token: admin.token });
  expect(body.email_verified).toBe(true);
});

test('of two presses one counts', async () => {
  const { email } = await invite();
  const token = tokenOf((await readMails(server, email))[0]);
  const answers = await Promise.all([accept(token), accept(token, 'another horse of course')]);
  expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
});

test('whoever was disabled is not invited, and stands above nobody', async () => {
  const { id, email } = await invite();
  const token = tokenOf((await readMails(server, email))[0]);
  await server.rest('POST', `/users/${id}/status`, { token: admin.token, body: { status: 'inactive' } });
  expect((await accept(token)).body.code).toBe('INVALID_CODE');
  expect((await inviteAgain(id)).body.code).toBe('INVALID_TRANSITION');
  expect((await inviteAgain('f'.repeat(24))).body.code).toBe('NOT_FOUND');
  await createRole([server], { name: 'Clerk', level: 1, pairs: ['user:CREATE'] });
  const clerk = await createPerson(server, [{ name: 'Clerk' }]);
  const boss = await invite({ role_ids: [server.roleId('Editor')] });
  expect((await inviteAgain(boss.id, clerk.token)).body.code).toBe('PERMISSION_DENIED');
});
