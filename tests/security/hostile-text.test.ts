// Text that means something elsewhere: patterns in searches, texts beyond every bound, input made to stall a pattern.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listProcedures } from '../../server/src/http/procedures.ts';
import { listPlaces, listSamples, replaceAt } from '../support/inputs.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let admin: string;
let service: string;
beforeAll(async () => {
  server = await startTestServer();
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
  service = await server.mintClientToken(['users:metadata']);
  for (const name of ['a.b', 'axb', 'a-b_c']) await server.createUser([{ name: 'User' }], { username: `find.${name}` });
  const named = await server.createUser();
  await server.deps.users.update(named.id, {}, { $set: { 'profile.name': '(.*)[x]$^|\\' } });
});
afterAll(() => server.close());

const search = async (text: string) => {
  const path = `/users?search=${encodeURIComponent(text)}`;
  const { status, body } = await server.rest('GET', path, { token: admin });
  expect([text, status]).toEqual([text, 200]);
  return body.items as { username: string; profile: { name: string | null } }[];
};
const namesOf = async (text: string) => (await search(text)).map(({ username }) => username).sort();

describe('a search', () => {
  test('finds what begins with the text, letter by letter', async () => {
    expect(await namesOf('find.')).toEqual(['find.a-b_c', 'find.a.b', 'find.axb']);
    expect(await namesOf('find.a.')).toEqual(['find.a.b']);
    expect(await namesOf('FIND.A')).toEqual(['find.a-b_c', 'find.a.b', 'find.axb']);
    expect(await namesOf('ind.a')).toEqual([]);
  });

  test.each([
    '.*',
    '^',
    '$',
    '.',
    '[a-z]',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    'a{1,}',
    '+',
    '*',
    '?',
    '|',
    'a|b',
    '\\',
    '\\w',
    '(?i)FIND',
    '%',
    '_',
    "' or '1'='1",
    '$where',
    '/find/',
    '(a+)+$',
    '-',
    '💥',
  ])('takes %j for itself', async (text) => {
    for (const { username, profile } of await search(text))
      expect([username, profile.name].some((name) => name?.startsWith(text))).toBe(true);
  });

  test('finds a name that is made of nothing but such signs', async () => {
    expect(await search('(.*)[x]$^|\\')).toHaveLength(1);
    expect(await search('(.*)')).toHaveLength(1);
  });

  test('is bounded, and refuses control characters', async () => {
    for (const text of ['x'.repeat(101), 'a\u0000b', 'a\nb', ' ']) {
      const path = `/users?search=${encodeURIComponent(text)}`;
      const { status, body } = await server.rest('GET', path, { token: admin });
      expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
    }
  });
});

describe('every text of every procedure is bounded', () => {
  const procedures = listProcedures().map((entry) => [entry.path, entry] as const);

  test.each(procedures)('%s', async (path, entry) => {
    const { access } = entry.declaration;
    const token = access === 'public' ? undefined : String(access).startsWith('client:users:') ? service : admin;
    for (const sample of listSamples(entry)) {
      const texts = listPlaces(sample).filter(
        ({ value, path: place }) => typeof value === 'string' && place.length > 0,
      );
      for (const { path: place } of texts) {
        const { status, body } = await server.trpc(path, replaceAt(sample, place, 'x'.repeat(20_000)), { token });
        const label = place.join('.');
        expect([label, status, body.error?.json.data.code]).toEqual([label, 400, 'VALIDATION_FAILED']);
      }
    }
  });

  test('lists too', async () => {
    const check = { resource: 'knowledge', action: 'READ' };
    const { status } = await server.rest('POST', '/rbac/check-many', {
      token: admin,
      body: { checks: Array(101).fill(check) },
    });
    expect(status).toBe(400);
  });
});

describe('input made to stall a pattern is answered like any other', () => {
  const long = 'a'.repeat(250);
  test.each([
    ['email', `${'a.'.repeat(120)}@x`],
    ['email', `${'a@'.repeat(120)}`],
    ['email', `x@${'a-'.repeat(110)}`],
    ['email', `x@${'a.'.repeat(110)}`],
    ['email', `${long}!`],
    ['username', `${long}!`],
    ['username', ' '.repeat(5_000)],
    ['name', `${' '.repeat(5_000)}\n`],
  ])('%s %j', async (field, value) => {
    const person = { username: 'stall.me', email: 'stall.me@example.com', password: 'correct horse battery' };
    const { status, body } = await server.rest('POST', '/auth/register', { body: { ...person, [field]: value } });
    expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED']);
  });

  test('in headers', async () => {
    const headers = {
      'accept-language': 'a-'.repeat(2_000),
      traceparent: '0'.repeat(4_000),
      authorization: `Bearer ${' '.repeat(4_000)}x y`,
      cookie: `${'a=b;'.repeat(1_000)}`,
    };
    for (const [name, value] of Object.entries(headers)) {
      const { status } = await server.rest('GET', '/auth/me', { headers: { [name]: value } });
      expect([name, status]).toEqual([name, 401]);
    }
  });
});
