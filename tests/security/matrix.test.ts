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
  'auth.account.delete': 202,
  'auth.contact.remove': 204,
  'auth.password.change': 204,
  'rbac.permissions.create': 201,
  'rbac.roles.create': 201,
  'rbac.roles.delete': 204,
  'rbac.roles.removePermission': 204,
  'system.clients.create': 201,
  'system.webhooks.create': 201,
  'auth.apiKeys.create': 201,
  'rbac.requests.create': 201,
  'auth.logoutAll': 204,
  'auth.sessions.revoke': 204,
  'users.assignRole': 201,
  'users.create': 201,
  'users.delete': 204,
  'users.invite': 202,
  'users.sessions.revoke': 204,
  'users.removeRole': 204,
};

const invalid = { status: 400, code: 'VALIDATION_FAILED' };
const wrongCode = { status: 401, code: 'INVALID_CODE' };
const notFound = { status: 404, code: 'NOT_FOUND' };

interface Kind {
  readonly name: string;
  /** The code that every procedure but the public ones answers. */
  readonly refused?: string;
  readonly pairs?: readonly string[];
  readonly scopes?: readonly string[];
  /** A program with a key that has these of the administrator's permissions. */
  readonly keyPairs?: readonly string[];
  credentials(): Promise<{ token: string | undefined; id: string }>;
}

let server: TestServer;
let strangerId: string;

const signedIn = async (roles: Parameters<TestServer['createUser']>[0]) => {
  const user = await server.createUser(roles);
  const { access, refresh } = await server.signIn(user);
  return { user, token: access, refresh, id: user.id };
};
const client = async (...scopes: string[]) => ({ token: await server.mintClientToken(scopes), id: 'no user' });
/** @param scopes - all that an administrator has when absent */
const apiKey = async (scopes?: readonly string[]) => {
  const { token, id } = await signedIn([{ name: 'Admin' }]);
  scopes ??= (await server.rest('GET', '/auth/me', { token })).body.permissions;
  const { body } = await server.rest('POST', '/auth/api-keys', { token, body: { name: 'Sync', scopes } });
  return { token: body.key as string, id };
};
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
  {
    name: 'an API key for all an administrator may do',
    keyPairs: SYSTEM_PAIRS.Admin ?? [],
    credentials: () => apiKey(),
  },
  ...['user:READ', 'knowledge:READ'].map((pair) => ({
    name: `an administrator’s API key for ${pair}`,
    keyPairs: [pair],
    credentials: () => apiKey([pair]),
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

/** Whether a ticket may stand in for a session there: then only the input tells who comes. */
const takesTicket = ({ access }: PublishedRow) => access.some((one) => one.startsWith('ticket('));

const IS_SESSION = { status: 403, code: 'PERMISSION_DENIED', permission: 'session' };

/** What the table says of this caller; `self`: passes only where the input names them. */
function expected(row: PublishedRow, kind: Kind, isGarbage = false): Expected {
  const { access } = row;
  if (access.includes('public')) return 'passes';
  if (kind.refused !== undefined && isGarbage && takesTicket(row)) return 'passes';
  if (kind.refused !== undefined) return { status: 401, code: kind.refused };
  const permissions = access.filter((one) => /^[a-z]+:[A-Z]+$/.test(one));
  const scopes = access.filter((one) => one.startsWith('client:'));
  if (kind.scopes !== undefined) {
    if (access.includes('client') || kind.scopes.some((scope) => access.includes(`client:${scope}`))) return 'passes';
    const missing = scopes.length > 0 ? scopes : permissions.length > 0 ? permissions : ['session'];
    return { status: 403, code: 'PERMISSION_DENIED', permission: missing.join(' or ') };
  }
  const { keyPairs } = kind;
  // It lets a key in, but wants to be asked for a permission then.
  if (keyPairs && row.procedure === 'auth.forward' && !isGarbage) return IS_SESSION;
  if (access.includes(keyPairs ? 'api_key' : 'session')) return 'passes';
  const held = keyPairs ?? kind.pairs ?? [];
  if (permissions.some((pair) => held.includes(pair) || held.includes(`${pair.split(':')[0]}:MANAGE`)))
    // A key proves nobody's presence.
    return keyPairs && row.needsStepUp ? IS_SESSION : 'passes';
  if (keyPairs) return permissions.length > 0 ? deniedAsOther(row) : IS_SESSION;
  if (access.some((one) => one.startsWith('self('))) return 'self';
  const missing = permissions.length > 0 ? permissions : scopes;
  return { status: 403, code: 'PERMISSION_DENIED', permission: missing.join(' or ') };
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

/** A provider may send back parameters of its own: they are dropped, and without the others nothing happens. */
const DROPS_UNKNOWN = 'auth.oauth.callback';

describe.each(doors)('over %s, input that nothing takes', (door) => {
  // Whoever may not come in is not told that the input was wrong: the refusal comes before any of it is read.
  test.each(kinds)('$name is refused before it is read, or told that it does not fit', async (kind) => {
    const { token } = await kind.credentials();
    const seen: Record<string, Answer> = {};
    const wanted: Record<string, Answer> = {};
    for (const row of rows) {
      const garbage = { id: 'not-an-id', nonsense: 'x', resource: '' };
      seen[row.procedure] = readOutcome(door, await callDoor(server, door, row, token, garbage));
      const verdict = expected(row, kind, true);
      const refusal = row.procedure === DROPS_UNKNOWN && door === 'rest' ? wrongCode : invalid;
      wanted[row.procedure] = typeof verdict === 'object' ? verdict : refusal;
    }
    expect(seen).toEqual(wanted);
  });
});

interface Sample {
  /** What the call acts on: the caller themselves, or another. */
  readonly who: 'self' | 'other';
  readonly input: Record<string, unknown>;
  /** What whoever is let in is answered, where the input proves nothing. */
  readonly answer?: { readonly status: number; readonly code: string };
}
type MakeSamples = (callerId: string, token: string | undefined, isRefused: boolean) => Promise<Sample[]>;

const bySubject =
  (make: (id: string) => Record<string, unknown>): MakeSamples =>
  async (callerId, _token, isRefused) => [
    ...(/^[0-9a-f]{24}$/.test(callerId) ? [{ who: 'self', input: make(callerId) } as const] : []),
    { who: 'other', input: make(isRefused ? strangerId : (await server.createUser()).id) },
  ];
/** What is refused changes nothing: the same input serves whoever is. */
const untouched = new Map<unknown, Record<string, unknown>>();
const always = (
  make: (token: string | undefined) => Record<string, unknown> | Promise<Record<string, unknown>>,
  answer?: Sample['answer'],
): MakeSamples => {
  const makeOnce = async (token: string | undefined) => {
    const input = untouched.get(make) ?? (await make(token));
    untouched.set(make, input);
    return input;
  };
  return async (_id, token, isRefused) => [
    { who: 'other', input: await (isRefused ? makeOnce : make)(token), ...(answer ? { answer } : {}) },
  ];
};
const password = 'correct horse battery';
let made = 0;
const nowhere = { provider: 'nowhere' };
const noQr = { qr_id: 'x'.repeat(22) };
const noClient = { id: 'f'.repeat(24) };
const noWebhook = noClient;
/** What somebody else asks for. */
const requestOf = async () => {
  const { token } = await signedIn([{ name: 'User' }]);
  const body = { role: 'Author', reason: '值班', duration: 3600 };
  return (await server.rest('POST', '/rbac/requests', { token, body })).body.id;
};
/** Of a key, nothing. */
const claimsOf = (token: string | undefined) =>
  JSON.parse(Buffer.from(token?.split('.')[1] ?? 'e30', 'base64url').toString());
const sessionOf = (token: string | undefined) => claimsOf(token).sid ?? 'f'.repeat(24);
const roleNotHeld = (token: string | undefined) => (claimsOf(token).roles?.includes('Author') ? 'Editor' : 'Author');

/** By an administrator of its own, whose proof is fresh. */
const makeOne = async (path: string, body: object): Promise<Answer> => {
  maker ??= (await signedIn([{ name: 'Admin' }])).token;
  return (await server.rest('POST', path, { token: maker, body })).body;
};
let maker: string | undefined;
const permissionId = async (name: string): Promise<string> =>
  (await server.deps.database.db.collection('permissions').findOne({ name }))?._id.toHexString() ?? '';
const makeRole = (...permission_ids: string[]) =>
  makeOne('/roles', { name: `Made ${++made}`, display_name: '角色', level: 1, permission_ids });

const attestation = {
  id: 'AQID',
  rawId: 'AQID',
  type: 'public-key',
  clientExtensionResults: {},
  response: { clientDataJSON: 'e30', attestationObject: 'o2M' },
};

/** Good input for every guarded procedure. */
const samples: Record<string, MakeSamples> = {
  'auth.account.delete': always(() => ({})),
  'auth.apiKeys.create': always(() => ({ name: 'Sync', scopes: ['knowledge:READ'] })),
  'auth.apiKeys.list': always(() => ({})),
  'auth.apiKeys.revoke': always(() => ({ id: 'f'.repeat(24) }), notFound),
  'auth.contact.bind': always(() => ({ email: 'new@example.com', code: '123456' }), wrongCode),
  'auth.contact.remove': always(() => ({ contact: 'email' })),
  'auth.forward': always(() => ({})),
  'auth.logoutAll': always(() => ({})),
  'auth.mfa.activate': always(() => ({ code: '123456' }), wrongCode),
  'auth.mfa.backupCodes': always(() => ({}), notFound),
  'auth.mfa.disable': always(() => ({}), notFound),
  'auth.mfa.enroll': always(() => ({})),
  'auth.oauth.identities': always(() => ({})),
  'auth.oauth.link': always(() => ({ ...nowhere, client_id: 'x', redirect_uri: 'https://app.example.com' }), notFound),
  'auth.oauth.unlink': always(() => nowhere, notFound),
  'auth.passkeys.list': always(() => ({})),
  'auth.passkeys.register': always(() => ({ attestation }), wrongCode),
  'auth.passkeys.registerOptions': always(() => ({})),
  'auth.passkeys.remove': always(() => ({ id: 'f'.repeat(24) }), notFound),
  'auth.password.change': always(() => ({ old_password: password, new_password: 'another horse battery' })),
  'auth.qr.confirm': always(() => ({ ...noQr, number: 42 }), notFound),
  'auth.qr.reject': always(() => noQr, notFound),
  'auth.qr.scan': always(() => noQr, notFound),
  'auth.stepUp': always(() => ({ password })),
  'auth.me': always(() => ({})),
  'auth.revocations': always(() => ({})),
  'auth.sessions.list': always(() => ({})),
  'auth.sessions.revoke': always((token) => ({ id: sessionOf(token) })),
  'rbac.check': bySubject((id) => ({ user_id: id, resource: 'knowledge', action: 'READ' })),
  'rbac.checkMany': bySubject((id) => ({ checks: [{ user_id: id, permission: 'SEARCH' }] })),
  'rbac.permissions.create': always(() => ({ name: `P_${++made}`, resource: `r_${made}`, action: 'DO' })),
  'rbac.permissions.delete': always(() => ({ id: 'f'.repeat(24) }), notFound),
  'rbac.explain': bySubject((id) => ({ user_id: id, permission: 'SEARCH' })),
  'rbac.permissions.list': always(() => ({})),
  'rbac.permissions.update': always(async () => ({ id: await permissionId('COMMENT'), description: '评论' })),
  'rbac.roles.addPermissions': always(async () => ({
    id: (await makeRole()).id,
    permission_ids: [await permissionId('COMMENT')],
  })),
  'rbac.roles.create': always(() => ({ name: `Role ${++made}`, display_name: '审核员', level: 1 })),
  'rbac.roles.delete': always(async () => ({ id: (await makeRole()).id })),
  'rbac.roles.features.get': always(() => ({ id: server.roleId('Editor') })),
  'rbac.roles.features.set': always(async () => ({
    id: (await makeRole()).id,
    version: 1,
    features: { PROMPTS: { USE: true } },
  })),
  'rbac.requests.approve': always(async () => ({ id: await requestOf() })),
  'rbac.requests.cancel': always(() => ({ id: 'f'.repeat(24) }), notFound),
  'rbac.requests.create': always((token) => ({ role: roleNotHeld(token), reason: '值班', duration: 3600 })),
  'rbac.requests.decline': always(async () => ({ id: await requestOf() })),
  'rbac.requests.list': always(() => ({})),
  'rbac.roles.get': always(() => ({ id: server.roleId('Editor') })),
  'rbac.roles.list': always(() => ({})),
  'rbac.roles.removePermission': always(async () => {
    const permission_id = await permissionId('COMMENT');
    return { id: (await makeRole(permission_id)).id, permission_id };
  }),
  'rbac.roles.update': always(async () => ({ id: (await makeRole()).id, version: 1, description: '审核' })),
  'rbac.simulate': always(() => ({ change: 'role.delete', role_id: server.roleId('Author') })),
  'rbac.whoCan': always(() => ({ permission: 'SEARCH' })),
  'system.audit.export': always(() => ({})),
  'system.audit.list': always(() => ({})),
  'system.audit.verify': always(() => ({})),
  'system.clients.create': always(() => ({ name: 'Accounts', kind: 'service' })),
  'system.clients.delete': always(() => noClient, notFound),
  'system.clients.get': always(() => noClient, notFound),
  'system.clients.list': always(() => ({})),
  'system.clients.rotateSecret': always(() => noClient, notFound),
  'system.clients.update': always(() => ({ ...noClient, version: 1 }), notFound),
  'system.config.get': always(() => ({})),
  // By kinds of callers one after the other: whatever the version is, it is another one.
  'system.config.update': always(() => ({ version: 999, settings: {} }), { status: 409, code: 'VERSION_CONFLICT' }),
  'system.stats': always(() => ({})),
  'system.webhooks.create': always(() => ({ url: 'https://hooks.example.com/', events: ['role.*'] })),
  'system.webhooks.delete': always(() => noWebhook, notFound),
  'system.webhooks.deliveries': always(() => noWebhook, notFound),
  'system.webhooks.get': always(() => noWebhook, notFound),
  'system.webhooks.list': always(() => ({})),
  'system.webhooks.replay': always(() => ({ ...noWebhook, delivery_id: 'f'.repeat(24) }), notFound),
  'system.webhooks.rotateSecret': always(() => noWebhook, notFound),
  'system.webhooks.update': always(() => ({ ...noWebhook, version: 1 }), notFound),
  'users.assignRole': always(async () => ({
    id: (await server.createUser()).id,
    role_id: server.roleId('Editor'),
  })),
  'users.create': always(() => {
    const username = `new_${made++}`;
    return { username, email: `${username}@example.com` };
  }),
  'users.delete': always(async () => ({ id: (await server.createUser()).id })),
  'users.export': bySubject((id) => ({ id })),
  // Who was made by hand has a password, and needs no invitation.
  'users.invite': always(async () => ({ id: (await server.createUser()).id }), {
    status: 409,
    code: 'INVALID_TRANSITION',
  }),
  'users.metadata.get': always(async () => ({ id: (await server.createUser()).id })),
  'users.metadata.set': always(async () => ({ id: (await server.createUser()).id, metadata: { level: 2 } })),
  'users.sessions.list': always(async () => ({ id: (await server.createUser()).id })),
  'users.sessions.revoke': always(
    async () => ({ id: (await server.createUser()).id, session_id: 'f'.repeat(24) }),
    notFound,
  ),
  'users.get': bySubject((id) => ({ id })),
  'users.list': always(() => ({})),
  'users.mfa.reset': always(async () => ({ id: (await server.createUser()).id })),
  'users.permissions': bySubject((id) => ({ id })),
  'users.removeRole': always(async () => ({ id: (await server.createUser()).id, role_id: server.roleId('User') })),
  'users.renewRole': always(async () => ({
    id: (await server.createUser()).id,
    role_id: server.roleId('User'),
    expires_at: null,
  })),
  'users.setStatus': always(async () => ({ id: (await server.createUser()).id, status: 'inactive' })),
  'users.update': bySubject((id) => ({ id, profile: { department: '研发部' } })),
};

/** What one does to one's own account may end the session that did it, or the account. */
const mayEndCaller = ({ procedure, method }: PublishedRow, { status }: Answer): boolean =>
  procedure.startsWith('auth.') && method !== 'GET' && status < 400;

describe.each(doors)('over %s, good input', (door) => {
  test.each(kinds)('$name gets what the table grants, on oneself and on others', async (kind) => {
    const seen: Record<string, Answer> = {};
    const wanted: Record<string, Answer> = {};
    let credentials = await kind.credentials();
    for (const row of rows.filter(({ procedure }) => procedure in samples)) {
      const { token, id } = credentials;
      const verdict = expected(row, kind);
      const isRefused = typeof verdict === 'object';
      for (const { who, input, answer } of (await samples[row.procedure]?.(id, token, isRefused)) ?? []) {
        const key = `${row.procedure} ${who}`;
        seen[key] = readOutcome(door, await callDoor(server, door, row, token, input));
        if (mayEndCaller(row, seen[key])) credentials = await kind.credentials();
        const success = answer ?? { status: door === 'trpc' ? 200 : (STATUS[row.procedure] ?? 200) };
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
  const guarded = rows.filter((row) => !row.access.includes('public') && row.method !== 'GET' && !takesTicket(row));
  for (const row of guarded) {
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
