// What applications keep with a user: each its own part, whatever its keys are called.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { createAdmin, listActs } from './people.ts';

let server: TestServer;
let id: string;
let hr: string;
let shop: string;
beforeAll(async () => {
  server = await startTestServer();
  id = (await server.createUser()).id;
  hr = await server.mintClientToken(['users:metadata']);
  shop = await server.mintClientToken(['users:metadata']);
});
afterAll(() => server.close());

const get = (token: string, user = id) => server.rest('GET', `/users/${user}/metadata`, { token });
const set = (token: string, metadata: unknown, user = id) =>
  server.rest('PUT', `/users/${user}/metadata`, { token, body: { metadata } });

test('an application reads what it wrote, and nothing of another’s', async () => {
  expect((await get(hr)).body).toEqual({ metadata: {} });
  expect(await set(hr, { 工号: 'A-7', manager: { id: 3, tags: ['x', null, true] } })).toMatchObject({ status: 200 });
  expect(await set(shop, { cart: 1 })).toMatchObject({ status: 200, body: { metadata: { cart: 1 } } });
  expect((await get(hr)).body).toEqual({ metadata: { 工号: 'A-7', manager: { id: 3, tags: ['x', null, true] } } });
  // It takes the place of what was there; an empty one removes it.
  await set(hr, { level: 2 });
  expect((await get(hr)).body).toEqual({ metadata: { level: 2 } });
  await set(hr, {});
  expect([(await get(hr)).body, (await get(shop)).body]).toEqual([{ metadata: {} }, { metadata: { cart: 1 } }]);
  const stored = await server.deps.users.findById(id);
  expect(Object.keys(stored?.metadata ?? {})).toHaveLength(1);
});

test('keys that mean something to a database mean nothing here', async () => {
  const odd = { $set: { status: 'inactive' }, 'a.b': 1, '': 2, _bsontype: 'ObjectId', toJSON: 'x', $where: '1' };
  expect((await set(hr, odd)).body).toEqual({ metadata: odd });
  expect((await get(hr)).body).toEqual({ metadata: odd });
  expect((await server.deps.users.findById(id))?.status).toBe('active');
});

test.each(['__proto__', 'constructor', 'prototype'])('the key %s is refused', async (key) => {
  const answer = await server.rest('PUT', `/users/${id}/metadata`, {
    token: hr,
    body: `{"metadata":{"deep":{"${key}":{"admin":true}}}}`,
  });
  expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_FAILED']);
});

test('at most 8 KB of JSON, counted in bytes', async () => {
  const fits = '汉'.repeat(2726);
  expect((await set(hr, { text: fits })).status).toBe(200);
  const { status, body } = await set(hr, { text: `${fits}汉汉` });
  expect([status, body.errors[0].path]).toEqual([400, 'metadata']);
  for (const metadata of [[], 'text', null, 5]) expect((await set(hr, metadata)).status).toBe(400);
});

test('over tRPC only what JSON can carry', async () => {
  const call = (metadata: object, values: object) =>
    server.trpc('users.metadata.set', undefined, {
      token: hr,
      body: JSON.stringify({ json: { id, metadata }, meta: { values } }),
    });
  const answer = await fetch(`${server.url}/trpc/users.metadata.set`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${hr}` },
    body: JSON.stringify({
      json: { id, metadata: { at: '2026-01-01T00:00:00.000Z' } },
      meta: { values: { 'metadata.at': ['Date'] } },
    }),
  });
  expect(answer.status).toBe(400);
  expect((await call({ a: 1 }, {})).status).toBeLessThan(500);
});

test('a user who is not there, other scopes and people are refused', async () => {
  for (const answer of [await get(hr, 'f'.repeat(24)), await set(hr, {}, 'f'.repeat(24))])
    expect(answer.body.code).toBe('NOT_FOUND');
  const reader = await server.mintClientToken(['users:read']);
  for (const answer of [await get(reader), await set(reader, {})])
    expect([answer.status, answer.body.permission]).toEqual([403, 'client:users:metadata']);
  const admin = await createAdmin(server);
  expect((await get(admin.token)).status).toBe(403);
});

test('is recorded, without what was written', async () => {
  await set(hr, { salary: 12345 });
  const record = (await listActs(server, id)).at(-1);
  expect(record).toMatchObject({ act: 'users.metadata_set', actor: { kind: 'client' }, details: { fields: 1 } });
  expect(JSON.stringify(record)).not.toContain('12345');
});
