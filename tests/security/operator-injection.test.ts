// Operators of the database where a value belongs: in every field of every procedure, over both doors.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listProcedures, type ProcedureEntry } from '../../server/src/http/procedures.ts';
import { MAX_BATCH } from '../../server/src/http/trpc-calls.ts';
import { batch, request } from '../support/doors.ts';
import { listPlaces, listSamples, replaceAt } from '../support/inputs.ts';
import { type RestAnswer, startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let admin: string;
let service: string;
beforeAll(async () => {
  server = await startTestServer();
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
  service = await server.mintClientToken(['feed:read', 'users:metadata']);
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

/** What an application keeps there is its own, whatever it looks like: `users/metadata.test.ts` says what becomes of it. */
const FREE = 'metadata';

/** Every input in which exactly one value was replaced. */
function listAttacks(entry: ProcedureEntry): { label: string; input: unknown; place: string; by: unknown }[] {
  return listSamples(entry).flatMap((sample) =>
    listPlaces(sample)
      .filter(({ path }) => path[0] !== FREE)
      .flatMap(({ path, value }) =>
        [...OPERATORS, ...(typeof value === 'string' ? OTHER_TYPES : [])].map((by) => ({
          label: `${path.join('.') || 'input'} = ${JSON.stringify(by)}`,
          input: replaceAt(sample, path, by),
          place: path.join('.'),
          by,
        })),
      ),
  );
}

const procedures = listProcedures();
const token = ({ declaration: { access } }: ProcedureEntry) => {
  if (access === 'public') return undefined;
  return String(access).startsWith('client:') ? service : admin;
};

/** A provider may send back parameters of its own, in any form: they are dropped, and without the others nothing happens. */
const DROPS_UNKNOWN = 'auth.oauth.callback';

function expectRefused(label: string, status: number, code: unknown): void {
  expect({ label, status, code }).toEqual({ label, status: 400, code: 'VALIDATION_FAILED' });
}

describe('over tRPC', () => {
  test.each(procedures.map((entry) => [entry.path, entry] as const))('%s', async (path, entry) => {
    const as = { token: token(entry) };
    // As many in one request as may be; a subscription is opened by itself.
    const size = entry.type === 'subscription' ? 1 : MAX_BATCH;
    const attacks = listAttacks(entry);
    for (let start = 0; start < attacks.length; start += size) {
      const some = attacks.slice(start, start + size);
      const calls = some.map(({ input }) => ({ path, input }));
      const answers =
        size === 1 ? [(await server.trpc(path, some[0]?.input, as)).body] : (await batch(server, calls, as)).body;
      for (const [index, { label }] of some.entries()) {
        const { httpStatus, code } = answers[index].error?.json.data ?? {};
        expectRefused(label, httpStatus, code);
      }
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
    for (const { label, input, place, by } of listAttacks(entry)) {
      if (label.startsWith('input = ') || !arrives(entry, input)) continue;
      // In a path a number is text like any other.
      if (entry.restPath.includes(`{${place}}`) && typeof by !== 'object') continue;
      const { status, body } = await send(entry, input);
      if (entry.path === DROPS_UNKNOWN && place !== 'provider') expect([label, status]).toEqual([label, 401]);
      else expectRefused(label, status, body?.code);
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
  expect(fieldless.map(({ path }) => path).sort()).toEqual([
    'auth.account.delete',
    'auth.logoutAll',
    'auth.me',
    'auth.mfa.backupCodes',
    'auth.oauth.identities',
    'auth.oauth.providers',
    'auth.passkeys.list',
    'system.config.get',
  ]);
});

test('and nothing has changed', async () => {
  expect((await server.rest('GET', '/auth/me', { token: admin })).status).toBe(200);
  const { db } = server.deps.database;
  // The first administrator and the one of this test.
  expect(await db.collection('users').countDocuments()).toBe(2);
  expect(await db.collection('audit_logs').distinct('act')).toEqual(['auth.login', 'users.first_administrator']);
});
