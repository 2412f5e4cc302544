// What the verifier makes of the feed's records: order, renaming, snapshots, and what is forgotten.
import { beforeEach, describe, expect, test } from 'vitest';
import type { Revocation } from '../../../client-sdk/src/verifier/batch.ts';
import type { ClientClaims, UserClaims } from '../../../client-sdk/src/verifier/claims.ts';
import { createTables, type Tables } from '../../../client-sdk/src/verifier/tables.ts';

const LIFE = 900;
let now: number;
let tables: Tables;
beforeEach(() => {
  now = 0;
  tables = createTables(() => now);
});

const tell = (records: Revocation[], reset = false) => tables.apply({ records, reset }, LIFE);
const role = (id: string, name: string, rights_version: number): Revocation => ({
  type: 'role',
  id,
  value: { name, rights_version },
});
const common = { iss: 'i', aud: 'a', iat: 0, exp: 900 };
const claims = (fields: Partial<UserClaims> = {}): UserClaims => ({
  ...common,
  sub: 'u1',
  sid: 's1',
  epoch: 3,
  username: 'u',
  email: null,
  email_verified: false,
  roles: ['Editor'],
  rv: 5,
  amr: [],
  auth_time: 0,
  ...fields,
});
const own = (epoch = 1): ClientClaims => ({ ...common, sub: 'c1', client_id: 'c1', scope: 'a b', epoch });

describe('a person’s token', () => {
  beforeEach(() => tell([role('r1', 'Editor', 5)], true));

  test('counts while nothing speaks against it', () => {
    expect(tables.judgeUser(claims())).toBe('ok');
  });

  test('ends with its session, before anything else is looked at', () => {
    tell([
      { type: 'user', id: 'u1', value: 9 },
      { type: 'session', id: 's1', value: null },
    ]);
    expect(tables.judgeUser(claims())).toBe('SESSION_REVOKED');
    expect(tables.judgeUser(claims({ sid: 's2' }))).toBe('TOKEN_STALE');
  });

  test('is stale below its holder’s epoch, which never falls', () => {
    tell([{ type: 'user', id: 'u1', value: 4 }]);
    tell([{ type: 'user', id: 'u1', value: 2 }]);
    expect(tables.judgeUser(claims({ epoch: 3 }))).toBe('TOKEN_STALE');
    expect(tables.judgeUser(claims({ epoch: 4 }))).toBe('ok');
  });

  test('is stale below the version of any role that it names', () => {
    tell([role('r2', 'Author', 6)]);
    expect(tables.judgeUser(claims({ roles: ['Editor', 'Author'], rv: 5 }))).toBe('TOKEN_STALE');
    expect(tables.judgeUser(claims({ roles: ['Editor', 'Author'], rv: 6 }))).toBe('ok');
    expect(tables.judgeUser(claims({ roles: [], rv: 0 }))).toBe('ok');
  });

  test('that names a role nobody knows is stale; one newer than what is known here is for the server to judge', () => {
    expect(tables.judgeUser(claims({ roles: ['New'], rv: 5 }))).toBe('TOKEN_STALE');
    expect(tables.judgeUser(claims({ roles: ['New'], rv: 6 }))).toBe('unsure');
  });

  test('does not gain by a renamed role’s old name, whichever is told first', () => {
    tell([role('r1', 'Chief', 6), role('r2', 'Editor', 7)]);
    expect(tables.judgeUser(claims())).toBe('TOKEN_STALE');
    expect(tables.judgeUser(claims({ roles: ['Editor', 'Chief'], rv: 7 }))).toBe('ok');
    tell([role('r3', 'Chief', 8), role('r1', 'Former', 8)]);
    expect(tables.judgeUser(claims({ roles: ['Chief'], rv: 8 }))).toBe('ok');
    tell([{ type: 'role', id: 'r3', value: null }]);
    expect(tables.judgeUser(claims({ roles: ['Chief'], rv: 8 }))).toBe('TOKEN_STALE');
  });
});

describe('a client’s own token', () => {
  test('counts while the client is known and its epoch has not passed it; with the scopes it has now', () => {
    expect(tables.judgeClient(own())).toBe('SESSION_REVOKED');
    tell([{ type: 'client', id: 'c1', value: { epoch: 1, scopes: ['a'] } }]);
    expect(tables.judgeClient(own())).toEqual(['a']);
    expect(tables.judgeClient(own(0))).toBe('TOKEN_STALE');
    tell([{ type: 'client', id: 'c1', value: null }]);
    expect(tables.judgeClient(own())).toBe('SESSION_REVOKED');
  });
});

describe('a snapshot', () => {
  test('replaces all that was known; a key that it does not name is withdrawn', () => {
    tell([
      { type: 'session', id: 's1', value: null },
      { type: 'user', id: 'u1', value: 9 },
      { type: 'key', id: 'k1', value: 'verifying' },
      { type: 'key', id: 'k2', value: 'verifying' },
      { type: 'client', id: 'c1', value: { epoch: 1, scopes: [] } },
    ]);
    tell([role('r1', 'Editor', 5), { type: 'key', id: 'k2', value: 'verifying' }], true);
    expect(tables.judgeUser(claims())).toBe('ok');
    expect(tables.judgeClient(own())).toBe('SESSION_REVOKED');
    expect(['k1', 'k2', 'k3'].map((kid) => tables.isWithdrawn(kid))).toEqual([true, false, false]);
  });
});

test('a key is withdrawn once that is told', () => {
  tell([{ type: 'key', id: 'k1', value: null }]);
  expect([tables.isWithdrawn('k1'), tables.isWithdrawn('k2')]).toEqual([true, false]);
});

test('records of a kind that is not known are passed over', () => {
  tell([{ type: 'weather', id: 'x', value: 1 } as unknown as Revocation]);
  expect(tables.size).toBe(0);
});

test('what no living token is touched by is forgotten; what is told again stays', () => {
  for (let second = 0; second < 5_000; second++) {
    now = second * 1000;
    tell([
      { type: 'session', id: `s${second}`, value: null },
      { type: 'user', id: 'u1', value: second },
    ]);
  }
  // Of sessions those of the last 960 s, of users the one.
  expect(tables.size).toBe(961 + 1);
  expect(tables.judgeUser(claims({ sid: 's4999' }))).toBe('SESSION_REVOKED');
  expect(tables.judgeUser(claims({ sid: 's4039', epoch: 4_998, roles: [] }))).toBe('SESSION_REVOKED');
  expect(tables.judgeUser(claims({ sid: 's4038', epoch: 4_998, roles: [] }))).toBe('TOKEN_STALE');
});
