// The record of a session: the newer of two stands, and only one of the same session.
import { describe, expect, test } from 'vitest';
import { type SessionRecord, toRecord } from '../../../client-sdk/src/record.ts';
import { createSession } from '../../../client-sdk/src/session.ts';
import { memoryStore } from '../../../client-sdk/src/storage.ts';

const user = {
  id: '6650f0a1b2c3d4e5f6a7b8c9',
  username: 'li.lei',
  email: null,
  phone: null,
  roles: [],
  permissions: [],
  profile: { name: null, avatar: null, department: null, position: null },
};

const writeToken = (claims: object): string =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;

const recordOf = (sid: string, askedAt: number): SessionRecord =>
  toRecord({ access_token: writeToken({ sid, n: askedAt }), expires_in: 900, user }, askedAt, askedAt + 50);

describe('renewal', () => {
  test.each([
    ['a later one of the same session', recordOf('s1', 200), 200],
    ['an earlier one, which came late', recordOf('s1', 50), 100],
    ['one of another session', recordOf('s2', 200), 100],
  ])('%s', async (_name, next, stands) => {
    const session = createSession(memoryStore, { random: () => 0.5 }, true);
    await session.replace(recordOf('s1', 100));
    await session.renew(next);
    expect(session.record).toMatchObject({ sid: 's1', asked_at: stands });
  });
});

test('a sign-in and a sign-out begin a generation, a renewal does not', async () => {
  const session = createSession(memoryStore, { random: () => 0.5 }, true);
  const seen = [session.generation];
  for (const change of [
    () => session.replace(recordOf('s1', 100)),
    () => session.renew(recordOf('s1', 200)),
    () => session.replace(null),
    () => session.replace(null),
  ]) {
    const { signal } = session;
    await change();
    seen.push(session.generation);
    expect(signal.aborted).toBe(seen.at(-1) !== seen.at(-2));
  }
  const changes = seen.slice(1).map((generation, index) => generation > (seen[index] ?? 0));
  expect(changes).toEqual([true, false, true, true]);
});

describe('the session’s id in the token', () => {
  test('is read past characters beyond ASCII', () => {
    const token = writeToken({ username: '李雷', sid: '6650f0a1b2c3d4e5f6a7b8c9', note: '>>>???' });
    expect(toRecord({ access_token: token, expires_in: 900, user }, 0, 0).sid).toBe('6650f0a1b2c3d4e5f6a7b8c9');
  });

  test('a token that is no JWT stands for itself', () => {
    expect(toRecord({ access_token: 'opaque', expires_in: 900, user }, 0, 0).sid).toBe('opaque');
  });
});
