// What a refresh token that does not move its session on means.
import { ObjectId } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { GRACE, judgeRefresh } from '../../../../../server/src/features/auth/sessions/policy.ts';
import type { SessionDocument } from '../../../../../server/src/features/auth/sessions/repository.ts';

const rotatedAt = new Date('2026-01-01T00:00:00Z');
const later = (ms: number) => new Date(rotatedAt.getTime() + ms);
const userId = new ObjectId();

const session = (fields: Partial<SessionDocument> = {}): SessionDocument => ({
  _id: new ObjectId(),
  session_id: 'present',
  previous_session_id: 'previous',
  rotated_at: rotatedAt,
  auth_time: rotatedAt,
  kind: 'app',
  transport: 'body',
  user_id: userId,
  device_info: { user_agent: null, ip: null, device_type: 'api', device_name: null },
  auth_methods: ['pwd'],
  client_id: null,
  created_at: rotatedAt,
  last_accessed_at: rotatedAt,
  expires_at: later(7 * 86_400_000),
  is_revoked: false,
  ...fields,
});

const judge = (stored: SessionDocument | null, jti: string, now: Date) =>
  judgeRefresh(stored, userId.toHexString(), jti, now);

test('the token before the present one gives the same successor for 30 s, and is late from then on', () => {
  expect(judge(session(), 'previous', later(0))).toBe('same_successor');
  expect(judge(session(), 'previous', later(GRACE))).toBe('same_successor');
  expect(judge(session(), 'previous', later(GRACE + 1))).toBe('late');
});

test('the present token, moved to by another call a moment ago, is given again', () => {
  expect(judge(session(), 'present', later(GRACE + 1))).toBe('same_successor');
});

test('an older token is reuse, however lately the session moved', () => {
  expect(judge(session(), 'older', later(0))).toBe('reuse');
  expect(judge(session({ late_jti: 'previous', late_at: later(60_000) }), 'older', later(60_000))).toBe('reuse');
});

describe('a token that came late once', () => {
  const noted = session({ late_jti: 'previous', late_at: later(60_000) });

  test('has a grace of its own, for two tabs that wake up together', () => {
    expect(judge(noted, 'previous', later(60_000))).toBe('same_successor');
    expect(judge(noted, 'previous', later(60_000 + GRACE))).toBe('same_successor');
  });

  test('is reuse after that', () => {
    expect(judge(noted, 'previous', later(60_001 + GRACE))).toBe('reuse');
  });

  test('is reuse at once when the session has moved on since', () => {
    const moved = session({ ...noted, session_id: 'next', previous_session_id: 'present', rotated_at: later(61_000) });
    expect(judge(moved, 'previous', later(61_000))).toBe('reuse');
    expect(judge(moved, 'present', later(62_000))).toBe('same_successor');
  });
});

test.each([
  ['no session', null],
  ['a revoked one', session({ is_revoked: true })],
  ['one that has ended', session({ expires_at: later(1_000) })],
  ["another user's", session({ user_id: new ObjectId() })],
])('%s is ended, whatever the token', (_what, stored) => {
  for (const jti of ['present', 'previous', 'older']) expect(judge(stored, jti, later(1_000))).toBe('ended');
});
