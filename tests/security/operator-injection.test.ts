// Operators of the database where a value belongs: in every field of every procedure, over both doors.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listProcedures, type ProcedureEntry } from '../../server/src/http/procedures.ts';
import { request } from '../support/doors.ts';
import { listPlaces, listSamples, replaceAt } from '../support/inputs.ts';
import { type RestAnswer, startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let admin: string;
beforeAll(async () => {
  server = await startTestServer();
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
});
afterAll(() => server.close());

/** In place of any value. */
const OPERATORS: readonly unknown[] = [
  { $gt: '' },
  { $ne: null },
  { $regex: '.*' },
  { $where: 'sleep(1000)' },
  { $in: ['a', 'b'] },
  { $expr: { $eq: [1, 1] } },
];
/** Besides, in place of a text. */
const OTHER_TYPES: readonly unknown[] = [42, true, [], ['text'], [{ $gt: '' }], {}];

/** Every input in which exactly one value was replaced. */
function listAttacks(entry: ProcedureEntry): { label: string; input: unknown }[] {
  return listSamples(entry).flatMap((sample) =>
    listPlaces(sample).flatMap(({ path, value }) =>
      [...OPERATORS, ...(typeof value === 'string' ? OTHER_TYPES : [])].map((by) => ({
        label: `${path.join('.') || 'input'} = ${JSON.stringify(by)}`,
        input: replaceAt(sample, path, by),
      })),
    ),
  );
}

const procedures = listProcedures();
const token = (entry: ProcedureEntry) => (entry.declaration.access === 'public' ? undefined : admin);

function expectRefused(label: string, status: number, code: unknown): void {
  expect({ label, status, code }).toEqual({ label, status: 400, code: 'VALIDATION_FAILED' });
}

describe('over tRPC', () => {
  test.each(procedures.map((entry) => [entry.path, entry] as const))('%s', async (path, entry) => {
    const attacks = listAttacks(entry);
    for (const { label, input } of attacks) {
      const { status, body } = await server.trpc(path, input, { token: token(entry) });
      expectRefused(label, status, body.error?.json.data.code);
    }
  });
});

describe('over REST', () => {
  /** Splits an input into what the path, the query and the body carry. */
  function send(entry: ProcedureEntry, input: unknown): Promise<RestAnswer> {
    const fields = { ...(input as Record<string, unknown>) };
    const path = entry.restPath.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
      const value = fields[name];
      delete fields[name];
      return encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value));
    });
    if (entry.method === 'POST' || entry.method === 'PUT')
      return server.rest(entry.method, path, { token: token(entry), body: fields });
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value === 'object' && value !== null)
        // As parsers of queries elsewhere would read it.
        for (const [key, part] of Object.entries(value)) query.append(`${name}[${key}]`, JSON.stringify(part));
      else query.append(name, String(value));
    }
    return server.rest(entry.method, query.size > 0 ? `${path}?${query}` : path, { token: token(entry) });
  }

  /** A query is text: numbers and booleans arrive as such, and an empty object or list does not arrive at all. */
  const arrives = (entry: ProcedureEntry, input: unknown) =>
    entry.method === 'POST' ||
    entry.method === 'PUT' ||
    (typeof input === 'object' &&
      Object.values(input as object).some(
        (value) => typeof value === 'object' && value !== null && Object.keys(value).length > 0,
      ));

  test.each(procedures.map((entry) => [entry.path, entry] as const))('%s', async (_path, entry) => {
    for (const { label, input } of listAttacks(entry)) {
      if (label.startsWith('input = ') || !arrives(entry, input)) continue;
      const { status, body } = await send(entry, input);
      expectRefused(label, status, body?.code);
    }
  });

  test('a parameter given twice is no list where a text belongs', async () => {
    for (const path of ['/users?search=a&search=b', '/users?role=User&role=Admin', '/users?cursor=a&cursor=b']) {
      const { status, body } = await server.rest('GET', path, { token: admin });
      expectRefused(path, status, body.code);
    }
  });

  test('a form is no way in', async () => {
    const { status, body } = await request(server, 'POST', '/api/v1/auth/login', {
      body: 'email[$gt]=&password[$gt]=',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([status, body.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });
});

test('every procedure that takes input was attacked', () => {
  const fieldless = procedures.filter((entry) => listSamples(entry).every((sample) => listPlaces(sample).length === 1));
  expect(fieldless.map(({ path }) => path)).toEqual(['auth.logoutAll', 'auth.me']);
});

test('and nothing has changed', async () => {
  expect((await server.rest('GET', '/auth/me', { token: admin })).status).toBe(200);
  const { db } = server.deps.database;
  // The first administrator and the one of this test.
  expect(await db.collection('users').countDocuments()).toBe(2);
  expect(await db.collection('audit_logs').countDocuments({ act: { $not: /^auth\.login$/ } })).toBe(0);
});
