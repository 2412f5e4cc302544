// What somebody would try with requests for access: decide for themselves, ask in another's name, stay longer, or write to administrators.
import type { Email } from 'postal-mime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAdmin, createPerson, createRole, type Person } from '../integration/users/people.ts';
import type { RestAnswer } from '../support/server.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { settleOutbox } from '../support/settle-outbox.ts';
import { startMailServer, type TestMailServer } from '../support/smtp.ts';

const HOUR = 3_600_000;

let mailServer: TestMailServer;
let server: TestServer;
let admin: Person;
beforeAll(async () => {
  mailServer = await startMailServer();
  server = await startTestServer({
    config: {
      mail: { smtp_url: `smtp://127.0.0.1:${mailServer.port}`, from: 'AuthCenter <no-reply@auth.example.com>' },
    },
  });
  admin = await createAdmin(server);
  await createRole([server], { name: 'Deputy', level: 4, pairs: ['role:MANAGE', 'user:MANAGE'] });
});
afterAll(async () => {
  await server.close();
  await mailServer.close();
});

const ask = async (token: string, fields: object = {}): Promise<RestAnswer> =>
  server.rest('POST', '/rbac/requests', { token, body: { role: 'Author', reason: 'x', duration: 3600, ...fields } });
const decide = (deed: string, id: string, token: string, body: unknown = {}) =>
  server.rest('POST', `/rbac/requests/${id}/${deed}`, { token, body });
const told = ({ status, body }: RestAnswer) => [status, body?.code];
async function keyOf(token: string, scopes: string[]): Promise<string> {
  return (await server.rest('POST', '/auth/api-keys', { token, body: { name: 'Bot', scopes } })).body.key;
}
const rolesOf = async (id: string) =>
  (await server.deps.users.findById(id))?.roles.map(({ role_name }) => role_name) ?? [];

async function mailsTo(email: string): Promise<Email[]> {
  await settleOutbox(server);
  return mailServer.mails.filter(({ to }) => to?.some(({ address }) => address === email));
}

test('nobody approves their own, by a key of theirs either', async () => {
  const deputy = await createPerson(server, [{ name: 'Deputy' }]);
  const { id } = (await ask(deputy.token)).body;
  for (const token of [deputy.token, await keyOf(deputy.token, ['role:MANAGE'])])
    for (const deed of ['approve', 'decline'])
      expect(told(await decide(deed, id, token))).toEqual([403, 'PERMISSION_DENIED']);
  expect(await rolesOf(deputy.id)).toEqual(['Deputy']);
});

test('a key that may manage roles decides within its scopes alone, never about Admin, and asks for nothing', async () => {
  const key = await keyOf(admin.token, ['role:MANAGE']);
  const person = await createPerson(server);
  const [author, root] = [(await ask(person.token)).body.id, (await ask(person.token, { role: 'Admin' })).body.id];
  // Author holds permissions that the key does not.
  for (const id of [author, root]) expect(told(await decide('approve', id, key))).toEqual([403, 'PERMISSION_DENIED']);
  expect(told(await ask(key))).toEqual([403, 'PERMISSION_DENIED']);
  const all = (await server.rest('GET', '/auth/me', { token: admin.token })).body.permissions;
  const whole = await keyOf(admin.token, all);
  expect(told(await decide('approve', root, whole))).toEqual([403, 'PERMISSION_DENIED']);
  expect((await decide('approve', author, whole)).status).toBe(200);
  expect(await rolesOf(person.id)).toEqual(['User', 'Author']);
});

test('nobody asks for others, nor decides what an approval is of', async () => {
  const [person, other] = [await createPerson(server), await createPerson(server)];
  for (const more of [{ user_id: other.id }, { id: other.id }, { status: 'approved' }, { approvals: [] }])
    expect(told(await ask(person.token, more))).toEqual([400, 'VALIDATION_FAILED']);
  const { id } = (await ask(person.token)).body;
  for (const more of [{ duration: 10 }, { role: 'Admin' }, { expires_at: null }, { user_id: other.id }])
    expect(told(await decide('approve', id, admin.token, more))).toEqual([400, 'VALIDATION_FAILED']);
  for (const bad of [{ $ne: null }, ['x'], 'x'.repeat(24)])
    expect(
      (
        await server.rest('POST', '/rbac/requests', {
          token: person.token,
          body: { role: bad, reason: 'x', duration: 3600 },
        })
      ).status,
    ).not.toBe(201);
});

test('a duration is no way to a grant for good, past a number’s end, or into the past', async () => {
  const { token } = await createPerson(server);
  for (const duration of [0, -3600, 1e15, 2 ** 53, Number.NaN, null, '1e3', [3600]])
    expect(told(await ask(token, { duration }))).toEqual([400, 'VALIDATION_FAILED']);
});

test('whoever has a role for an hour makes it no longer: not by renewing, not by asking, not by approving', async () => {
  const passing = await createPerson(server, [
    { name: 'User' },
    { name: 'Admin', expires_at: new Date(server.clock.now().getTime() + HOUR) },
  ]);
  const path = `/users/${passing.id}/roles/${server.roleId('Admin')}`;
  expect(told(await server.rest('PUT', path, { token: passing.token, body: { expires_at: null } }))).toEqual([
    403,
    'PERMISSION_DENIED',
  ]);
  expect(told(await ask(passing.token, { role: 'Admin', duration: 90 * 86_400 }))).toEqual([409, 'ALREADY_EXISTS']);
});

test('what is asked for is not told to others, nor decided with a token from before a demotion', async () => {
  const [person, stranger, deputy] = [
    await createPerson(server),
    await createPerson(server),
    await createPerson(server, [{ name: 'Admin' }]),
  ];
  const { id } = (await ask(person.token)).body;
  expect((await server.rest('GET', '/rbac/requests', { token: stranger.token })).body.items).toEqual([]);
  expect(told(await decide('cancel', id, stranger.token))).toEqual([404, 'NOT_FOUND']);
  await server.rest('DELETE', `/users/${deputy.id}/roles/${server.roleId('Admin')}`, { token: admin.token });
  expect(told(await decide('approve', id, deputy.token))).toEqual([401, 'TOKEN_STALE']);
  const { access } = await server.signIn(deputy);
  expect(told(await decide('approve', id, access))).toEqual([403, 'PERMISSION_DENIED']);
  expect(await rolesOf(person.id)).toEqual(['User']);
});

const MARKUP = `<img src=x onerror=alert(1)></p><a href="https://evil.example">'&amp;`;

test('a reason is no text in anybody’s mailbox', async () => {
  const person = await createPerson(server);
  await ask(person.token, { reason: `${MARKUP} https://evil.example/pay` });
  const mails = await mailsTo(admin.email);
  expect(mails.map(({ subject }) => subject)).toContain('A request for access waits for you');
  for (const { text, html } of mails) expect(`${text} ${html}`).not.toMatch(/evil\.example|onerror/);
});

test('a comment is text in its line, for whoever asked alone', async () => {
  const person = await createPerson(server);
  const { id } = (await ask(person.token, { role: 'Editor' })).body;
  expect(told(await decide('decline', id, admin.token, { comment: 'a\r\nbcc: x@evil.example' }))).toEqual([
    400,
    'VALIDATION_FAILED',
  ]);
  await decide('decline', id, admin.token, { comment: `${MARKUP}\u202e` });
  const [mail] = (await mailsTo(person.email)).filter(({ subject }) => subject?.includes('declined'));
  expect(mail?.to).toHaveLength(1);
  expect(mail?.html?.match(/<(?!\/?(html|body|p|strong)\b|!doctype)[^>]*>/gi)).toBeNull();
  expect(mail?.text).toContain(`Comment: ${MARKUP}`);
  expect(mail?.text).not.toContain('\u202e');
});
