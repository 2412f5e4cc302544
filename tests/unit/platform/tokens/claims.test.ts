// The rules a payload must pass, apart from its signature.
import { describe, expect, test } from 'vitest';
import {
  ClientClaims,
  hasBegun,
  hasExpired,
  isForAudience,
  RefreshClaims,
  UserClaims,
} from '../../../../server/src/platform/tokens/claims.ts';

const user = {
  iss: 'https://auth.example.com',
  aud: ['authcenter'],
  sub: '6650f0a1b2c3d4e5f6a7b8c9',
  user_id: '6650f0a1b2c3d4e5f6a7b8c9',
  userId: '6650f0a1b2c3d4e5f6a7b8c9',
  username: 'li.lei',
  email: null,
  email_verified: false,
  roles: ['User'],
  permissions: ['knowledge:READ'],
  rv: 1,
  sid: '6650f0a1b2c3d4e5f6a7b8ca',
  epoch: 0,
  amr: ['pwd'],
  auth_time: 1_000,
  jti: 'b1946ac9',
  iat: 1_000,
  exp: 1_900,
};
const client = {
  iss: user.iss,
  aud: user.aud,
  sub: 'crm',
  client_id: 'crm',
  epoch: 0,
  scope: 'users:read',
  jti: 'a',
  iat: 1,
  exp: 2,
};

describe('time', () => {
  test('exp has no leeway: a token is good until that second, and not at it', () => {
    expect(hasExpired(user, 1_899_999)).toBe(false);
    expect(hasExpired(user, 1_900_000)).toBe(true);
  });

  test('iat and nbf may lie 30 s ahead, for clocks that differ', () => {
    expect(hasBegun({ iat: 1_030, exp: 2_000 }, 1_000)).toBe(true);
    expect(hasBegun({ iat: 1_031, exp: 2_000 }, 1_000)).toBe(false);
    expect(hasBegun({ iat: 1_000, nbf: 1_030, exp: 2_000 }, 1_000)).toBe(true);
    expect(hasBegun({ iat: 1_000, nbf: 1_031, exp: 2_000 }, 1_000)).toBe(false);
  });
});

test('one of the audiences must be ours', () => {
  expect(isForAudience('authcenter', ['authcenter'])).toBe(true);
  expect(isForAudience(['crm', 'authcenter'], ['authcenter'])).toBe(true);
  expect(isForAudience(['crm'], ['authcenter'])).toBe(false);
  expect(isForAudience([], ['authcenter'])).toBe(false);
  expect(isForAudience('authcenter.evil.example', ['authcenter'])).toBe(false);
});

describe('shape', () => {
  test('every claim of a user but permissions and nbf must be there', () => {
    expect(UserClaims.safeParse(user).success).toBe(true);
    for (const claim of Object.keys(user)) {
      const { [claim as keyof typeof user]: _gone, ...rest } = user;
      expect([claim, UserClaims.safeParse(rest).success]).toEqual([claim, claim === 'permissions']);
    }
  });

  test('a client has no session, and a user is no client', () => {
    expect(ClientClaims.safeParse(client).success).toBe(true);
    expect(ClientClaims.safeParse({ ...client, sid: user.sid }).success).toBe(false);
    expect(ClientClaims.safeParse(user).success).toBe(false);
    expect(UserClaims.safeParse(client).success).toBe(false);
  });

  test('times that are no numbers are no times', () => {
    for (const exp of ['1900', null, Number.NaN, Number.POSITIVE_INFINITY])
      expect(UserClaims.safeParse({ ...user, exp }).success).toBe(false);
  });

  test('a refresh token names a session by its id', () => {
    const refresh = { iss: user.iss, aud: 'x', sub: user.sub, sid: user.sid, jti: 'a', iat: 1, exp: 2 };
    expect(RefreshClaims.safeParse(refresh).success).toBe(true);
    for (const sid of ['', 'zz', `${user.sid}\n`, { $ne: null }])
      expect(RefreshClaims.safeParse({ ...refresh, sid }).success).toBe(false);
    for (const sub of [null, { $gt: '' }]) expect(RefreshClaims.safeParse({ ...refresh, sub }).success).toBe(false);
  });
});
