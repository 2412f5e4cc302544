// `kill -9` of the server between a write that is done and its answer: whoever asks again after the restart is told the same, and nothing happens twice.
import { randomUUID } from 'node:crypto';
import { type Document, MongoClient, ObjectId } from 'mongodb';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { callRest, type RestCall, signInAdministrator } from '../support/crash-load.ts';
import { openDeafProxy } from '../support/deaf-proxy.ts';
import { createInstallation, type Installation } from '../support/server-process.ts';

const LIMIT = { timeout: 120_000 };
const PASSWORD = 'a long enough password';

let server: Installation;
let client: MongoClient;
let admin: string;

beforeAll(async () => {
  client = await new MongoClient(inject('mongoUri')).connect();
  server = await createInstallation({ mongoUri: inject('mongoUri') });
  await server.start();
}, 120_000);
beforeEach(async () => {
  if (!server.isRunning()) await server.start();
  admin = await signInAdministrator(server.url);
}, 120_000);
afterAll(async () => {
  await server.stop();
  await client.db(server.databaseName).dropDatabase();
  await client.close();
});

async function register(): Promise<{ id: string; access: string; refresh: string }> {
  const username = `crash_${randomUUID().slice(0, 8)}`;
  const { body } = await callRest(server.url, 'POST', '/auth/register', {
    body: { username, email: `${username}@example.com`, password: PASSWORD },
  });
  return { id: body.user.id, access: body.access_token, refresh: body.refresh_token };
}

/** Makes the call over a line that loses the answer, kills the server as soon as the write is seen, and starts it again. */
async function dieAfterWrite(written: Document, collection: string, path: string, call: RestCall): Promise<Document> {
  const changes = client
    .db(server.databaseName)
    .collection(collection)
    .watch([{ $match: written }]);
  // The stream is open once it has been asked: what is written from now on is seen.
  await changes.tryNext();
  const line = await openDeafProxy(server.port);
  try {
    const answer = callRest(line.url, 'POST', path, call).catch(() => 'lost');
    const change = await changes.next();
    await server.kill();
    expect(await answer).toBe('lost');
    return change;
  } finally {
    await line.close();
    await changes.close();
    await server.start();
  }
}

const changeOf = (id: string) => ({ operationType: 'update', 'documentKey._id': new ObjectId(id) });

test('a grant asked for again by its key is answered as it was done, and is there once', LIMIT, async () => {
  const { id } = await register();
  const roles = await callRest(server.url, 'GET', '/roles', { token: admin });
  const roleId: string = roles.body.items.find(({ name }: { name: string }) => name === 'Editor').id;
  const call = { token: admin, body: { role_id: roleId }, headers: { 'idempotency-key': randomUUID() } };

  const change = await dieAfterWrite(changeOf(id), 'users', `/users/${id}/roles`, call);
  const granted = change['updateDescription'].updatedFields.roles.at(-1);
  const [first, second] = [
    await callRest(server.url, 'POST', `/users/${id}/roles`, call),
    await callRest(server.url, 'POST', `/users/${id}/roles`, call),
  ];

  expect(first.status).toBe(201);
  expect(second.body).toEqual(first.body);
  const held = first.body.roles.filter((role: { role_id: string }) => role.role_id === roleId);
  expect(held).toMatchObject([{ granted_at: granted.granted_at.toISOString() }]);
  const stored = await client
    .db(server.databaseName)
    .collection('users')
    .findOne({ _id: new ObjectId(id) });
  expect(stored?.['roles'].filter((role: Document) => role['role_id'].toHexString() === roleId)).toHaveLength(1);
  const audited = await client
    .db(server.databaseName)
    .collection('audit_logs')
    .countDocuments({ act: 'users.assign_role', 'target.id': id });
  expect(audited).toBe(1);
});

test('a refresh asked for again gives the same successor, and the session goes on', LIMIT, async () => {
  const { refresh } = await register();
  const sid = readClaims(refresh)['sid'] as string;
  const call = { body: { refresh_token: refresh } };

  const change = await dieAfterWrite(changeOf(sid), 'sessions', '/auth/refresh', call);
  const again = await callRest(server.url, 'POST', '/auth/refresh', call);

  expect(again.status).toBe(200);
  expect(readClaims(again.body.refresh_token)['jti']).toBe(change['updateDescription'].updatedFields.session_id);
  const next = await callRest(server.url, 'POST', '/auth/refresh', {
    body: { refresh_token: again.body.refresh_token },
  });
  expect(next.status).toBe(200);
});

test('a session that was ended stays so, answered or not', LIMIT, async () => {
  const { access, refresh } = await register();
  const sid = readClaims(refresh)['sid'] as string;

  await dieAfterWrite(changeOf(sid), 'sessions', '/auth/logout', { body: { refresh_token: refresh } });

  for (const reply of [
    await callRest(server.url, 'GET', '/auth/me', { token: access }),
    await callRest(server.url, 'POST', '/auth/refresh', { body: { refresh_token: refresh } }),
  ])
    expect([reply.status, reply.body.code]).toEqual([401, 'SESSION_REVOKED']);
  const verified = await callRest(server.url, 'POST', '/auth/verify', { body: { token: access } });
  expect(verified.body).toMatchObject({ valid: false, reason: 'SESSION_REVOKED' });
  const again = await callRest(server.url, 'POST', '/auth/logout', { body: { refresh_token: refresh } });
  expect(again.status).toBe(204);
});

const readClaims = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
