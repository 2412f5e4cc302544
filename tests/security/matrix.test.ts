// Every procedure, as every kind of caller, over both doors, against the published permission table. What is expected is worked out
// from the table's text and from the roles as the documentation lists them, never by asking the server's own code.
import { beforeAll, describe, expect, test } from 'vitest';
import { listProcedures } from '../../server/src/http/procedures.ts';
import { type PublishedRow, readPermissionTable } from '../support/permission-table.ts';
import { type Answer, startTestServer, type TestServer, type TestUser } from '../support/server.ts';
import { callDoor, doors, readOutcome } from './matrix-calls.ts';

const rows = readPermissionTable();

/** What the four roles hold of the resources that procedures guard. */
const SYSTEM_PAIRS: Record<string, readonly string[]> = {
  Admin: ['user:MANAGE', 'role:MANAGE', 'category:MANAGE', 'system:CONFIG', 'tag:MANAGE'],
  Editor: ['category:MANAGE'],
  Author: [],
  User: [],
};

/** Statuses of success over REST where they are not 200. */
const STATUS: Record<string, number> = {
  'auth.logoutAll': 204,
  'auth.sessions.revoke': 204,
  'users.assignRole': 201,
  'users.removeRole': 204,
};

interface Kind {
  readonly name: string;
  /** The code that every procedure but the public ones answers. */
  readonly refused?: string;
  readonly pairs?: readonly string[];
  readonly scopes?: readonly string[];
  credentials(): Promise<{ token: string | undefined; id: string }>;
}

let server: TestServer;
let strangerId: string;

const signedIn = async (roles: Parameters<TestServer['createUser']>[0]) => {
  const user = await server.createUser(roles);
  const { access, refresh } = await server.signIn(user);
  return { user, token: access, refresh, id: user.id };
};
const client = async (...scopes: string[]) => ({ token: await server.mintClientToken(scopes), id: 'test-client' });
const scopesInTable = [...new Set(rows.flatMap(({ access }) => access))]
  .filter((kind) => kind.startsWith('client:'))
  .map((kind) => kind.slice('client:'.length));

const kinds: readonly Kind[] = [
  { name: 'anonymous', refused: 'UNAUTHENTICATED', credentials: async () => ({ token: undefined, id: strangerId }) },
  ...Object.entries(SYSTEM_PAIRS).map(([name, pairs]) => ({ name, pairs, credentials: () => signedIn([{ name }]) })),
  {
    name: 'an administrator whose grant has expired',
    pairs: [],
    credentials: () =>
      signedIn([{ name: 'User' }, { name: 'Admin', expires_at: new Date(server.clock.now().getTime() - 1000) }]),
  },
  {
    name: 'a token older than the expiry of its grant',
    refused: 'TOKEN_EXPIRED',
    credentials: async () => expiredByGrant,
  },
  {
    name: 'a revoked session',
    refused: 'SESSION_REVOKED',
    credentials: async () => {
      const admin = await signedIn([{ name: 'Admin' }]);
      await server.rest('POST', '/auth/logout', { body: { refresh_token: admin.refresh } });
      return admin;
    },
  },
  {
    name: 'a disabled user',
    refused: 'SESSION_REVOKED',
    credentials: async () => {
      const admin = await signedIn([{ name: 'Admin' }]);
      await setStatus(admin.user, 'inactive');
      return admin;
    },
  },
  {
    name: 'a token from before a change of grants',
    refused: 'TOKEN_STALE',
    credentials: async () => {
      const admin = await signedIn([{ name: 'Admin' }]);
      await server.rest('POST', `/users/${admin.id}/roles`, {
        token: (await signedIn([{ name: 'Admin' }])).token,
        body: { role_id: server.roleId('Author') },
      });
      return admin;
    },
  },
  {
    name: 'a tampered token',
    refused: 'TOKEN_INVALID',
    credentials: async () => {
      const user = await signedIn([{ name: 'User' }]);
      const [header, payload = '', signature] = user.token.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
      const forged = Buffer.from(JSON.stringify({ ...claims, roles: ['Admin'] })).toString('base64url');
      return { token: `${header}.${forged}.${signature}`, id: user.id };
    },
  },
  { name: 'a client without scopes', scopes: [], credentials: () => client() },
  { name: 'a client with another scope', scopes: ['feed:read'], credentials: () => client('feed:read') },
  ...scopesInTable.map((scope) => ({
    name: `a client with ${scope}`,
    scopes: [scope],
    credentials: () => client(scope),
  })),
];

let expiredByGrant: { token: string; id: string };

async function setStatus(user: TestUser, status: string): Promise<void> {
  const { token } = await signedIn([{ name: 'Admin' }]);
  const answer = await server.rest('POST', `/users/${user.id}/status`, { token, body: { status } });
  expect(answer.status).toBe(200);
}

beforeAll(async () => {
  server = await startTestServer();
  strangerId = (await server.createUser()).id;
  // First of all, because the clock that ends this token would end the others too.
  expiredByGrant = await signedIn([{ name: 'Admin', expires_at: new Date(server.clock.now().getTime() + 60_000) }]);
  server.clock.advance(61_000);
  return () => server.close();
});

type Expected = 'passes' | 'self' | { status: number; code: string; permission?: string };

/** What the table says of this caller; `self`: passes only where the input names them. */
function expected(row: PublishedRow, kind: Kind): Expected {
  const { access } = row;
  if (access.includes('public')) return 'passes';
  if (kind.refused !== undefined) return { status: 401, code: kind.refused };
  const permissions = access.filter((one) => /^[a-z]+:[A-Z]+$/.test(one));
  const scopes = access.filter((one) => one.startsWith('client:'));
  if (kind.scopes !== undefined) {
    if (access.includes('client') || kind.scopes.some((scope) => access.includes(`client:${scope}`))) return 'passes';
    const missing = scopes.length > 0 ? scopes : permissions.length > 0 ? permissions : ['session'];
    return { status: 403, code: 'PERMISSION_DENIED', permission: missing.join(' or ') };
  }
  if (access.includes('session')) return 'passes';
  const held = kind.pairs ?? [];
  if (permissions.some((pair) => held.includes(pair) || held.includes(`${pair.split(':')[0]}:MANAGE`))) return 'passes';
  if (access.some((one) => one.startsWith('self('))) return 'self';
  return { status: 403, code: 'PERMISSION_DENIED', permission: permissions.join(' or ') };
}

const deniedAsOther = (row: PublishedRow): Expected => ({
  status: 403,
  code: 'PERMISSION_DENIED',
  permission: row.access.filter((one) => /^[a-z]+:[A-Z]+$/.test(one)).join(' or '),
});

test('the table lists every procedure, and every one has what it needs to be walked', () => {
  const declared = listProcedures().map(({ path, method, restPath }) => [path, `${method} /api/v1${restPath}`]);
  expect(rows.map(({ procedure, method, path }) => [procedure, `${method} ${path}`]).sort()).toEqual(declared.sort());
  const guarded = rows.filter(({ access }) => !access.includes('public'));
  expect(guarded.map(({ procedure }) => procedure).sort()).toEqual(Object.keys(samples).sort());
});

describe.each(doors)('over %s, input that nothing takes', (door) => {
  // Whoever may not come in is not told that the input was wrong: the refusal comes before any of it is read.
  test.each(kinds)('$name is refused before it is read, or told that it does not fit', async (kind) => {
    const { token } = await kind.credentials();
    const seen: Record<string, Answer> = {};
    const wanted: Record<string, Answer> = {};
    for (const row of rows) {
      const garbage = { id: 'not-an-id', nonsense: 'x', resource: '' };
      seen[row.procedure] = readOutcome(door, await callDoor(server, door, row, token, garbage));
      const verdict = expected(row, kind);
      wanted[row.procedure] = typeof verdict === 'object' ? verdict : { status: 400, code: 'VALIDATION_FAILED' };
    }
    expect(seen).toEqual(wanted);
  });
});

interface Sample {
  /** What the call acts on: the caller themselves, or another. */
  readonly who: 'self' | 'other';
  readonly input: Record<string, unknown>;
}
type MakeSamples = (callerId: string, token: string | undefined) => Promise<Sample[]>;

const bySubject =
  (make: (id: string) => Record<string, unknown>): MakeSamples =>
  async (callerId) => [
    ...(/^[0-9a-f]{24}$/.test(callerId) ? [{ who: 'self', input: make(callerId) } as const] : []),
    { who: 'other', input: make((await server.createUser()).id) },
  ];
const always =
  (make: (token: string | undefined) => Record<string, unknown> | Promise<Record<string, unknown>>): MakeSamples =>
  async (_id, token) => [{ who: 'other', input: await make(token) }];
const sessionOf = (token: string | undefined) =>
  JSON.parse(Buffer.from(token?.split('.')[1] ?? 'e30', 'base64url').toString()).sid ?? 'f'.repeat(24);

/** Good input for every guarded procedure. */
const samples: Record<string, MakeSamples> = {
  'auth.logoutAll': always(() => ({})),
  'auth.me': always(() => ({})),
  'auth.sessions.list': always(() => ({})),
  'auth.sessions.revoke': always((token) => ({ id: sessionOf(token) })),
  'rbac.check': bySubject((id) => ({ user_id: id, resource: 'knowledge', action: 'READ' })),
  'rbac.checkMany': bySubject((id) => ({ checks: [{ user_id: id, permission: 'SEARCH' }] })),
  'rbac.permissions.list': always(() => ({})),
  'rbac.roles.get': always(() => ({ id: server.roleId('Editor') })),
  'rbac.roles.list': always(() => ({})),
  'users.assignRole': always(async () => ({
    id: (await server.createUser()).id,
    role_id: server.roleId('Editor'),
  })),
  'users.get': bySubject((id) => ({ id })),
  'users.list': always(() => ({})),
  'users.permissions': bySubject((id) => ({ id })),
  'users.removeRole': always(async () => ({ id: (await server.createUser()).id, role_id: server.roleId('User') })),
  'users.setStatus': always(async () => ({ id: (await server.createUser()).id, status: 'inactive' })),
  'users.update': bySubject((id) => ({ id, profile: { department: '研发部' } })),
};

describe.each(doors)('over %s, good input', (door) => {
  test.each(kinds)('$name gets what the table grants, on oneself and on others', async (kind) => {
    const seen: Record<string, Answer> = {};
    const wanted: Record<string, Answer> = {};
    for (const row of rows.filter(({ procedure }) => procedure in samples)) {
      // Some of the calls end the session that makes them.
      const { token, id } = await kind.credentials();
      for (const { who, input } of (await samples[row.procedure]?.(id, token)) ?? []) {
        const key = `${row.procedure} ${who}`;
        seen[key] = readOutcome(door, await callDoor(server, door, row, token, input));
        const verdict = expected(row, kind);
        const success = { status: door === 'trpc' ? 200 : (STATUS[row.procedure] ?? 200) };
        wanted[key] =
          verdict === 'passes' || (verdict === 'self' && who === 'self')
            ? success
            : verdict === 'self'
              ? deniedAsOther(row)
              : verdict;
      }
    }
    expect(seen).toEqual(wanted);
  });
});

test('a call that mixes oneself with another is refused as a whole', async () => {
  const { token, id } = await signedIn([{ name: 'Author' }]);
  const checks = [
    { user_id: id, permission: 'SEARCH' },
    { user_id: strangerId, permission: 'SEARCH' },
  ];
  for (const door of doors) {
    const answer = await callDoor(
      server,
      door,
      rows.find(({ procedure }) => procedure === 'rbac.checkMany') as PublishedRow,
      token,
      {
        checks,
      },
    );
    expect(readOutcome(door, answer)).toEqual({ status: 403, code: 'PERMISSION_DENIED', permission: 'user:READ' });
  }
});

test('text that is no JSON is not told apart before the caller is', async () => {
  for (const row of rows.filter(({ access, method }) => !access.includes('public') && method !== 'GET')) {
    const path = row.path.replaceAll(/\{\w+\}/g, 'x');
    const rest = await fetch(`${server.url}${path}`, {
      method: row.method,
      headers: { 'content-type': 'application/json' },
      body: '{"broken',
    });
    expect([row.procedure, rest.status]).toEqual([row.procedure, 401]);
    const trpc = await fetch(`${server.url}/trpc/${row.procedure}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"broken',
    });
    expect([row.procedure, trpc.status]).toEqual([row.procedure, 401]);
  }
});
