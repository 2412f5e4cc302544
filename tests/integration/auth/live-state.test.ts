// The tables in memory that every request is checked against: their start, their stream standing still, and what they spare.
import type { CommandStartedEvent } from 'mongodb';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { cleanUp } from '../../../server/src/features/system/cleanup.ts';
import { startHeartbeat } from '../../../server/src/platform/live/heartbeat.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

let server: TestServer;
let admin: string;
beforeAll(async () => {
  server = await startTestServer({ monitorCommands: true, meddles: true });
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
});
afterAll(() => server.close());
afterEach(() => {
  vi.restoreAllMocks();
});

const codeOfMe = async (instance: TestServer, token: string) =>
  (await instance.rest('GET', '/auth/me', { token })).body.code;

test('an instance that starts after a revocation refuses the token at its first request', async () => {
  const user = await server.createUser();
  const [ended, stale, good] = [
    await server.signIn(user),
    await server.signIn(await server.createUser()),
    await server.signIn(await server.createUser()),
  ];
  await server.rest('POST', '/auth/logout', { token: ended.access });
  const { body } = await server.rest('GET', '/auth/me', { token: stale.access });
  await server.rest('POST', `/users/${body.id}/roles`, { token: admin, body: { role_id: server.roleId('Author') } });

  const late = await startTestServer({ sharedWith: server });
  try {
    expect(await codeOfMe(late, ended.access)).toBe('SESSION_REVOKED');
    expect(await codeOfMe(late, stale.access)).toBe('TOKEN_STALE');
    expect(await codeOfMe(late, good.access)).toBeUndefined();
  } finally {
    await late.close();
  }
});

test('a revocation is loaded as long as a token can live, and the cleanup leaves it that long', async () => {
  const tokens = await server.signIn(await server.createUser());
  await server.rest('POST', '/auth/logout', { token: tokens.access });
  const sessions = server.deps.database.db.collection('sessions');
  const revoked = () => sessions.countDocuments({ revoked_at: { $exists: true } });
  server.clock.advance(15 * 60_000 - 1_000);
  await cleanUp(server.deps);
  expect(await revoked()).toBeGreaterThan(0);
  const late = await startTestServer({ sharedWith: server });
  // Not quite expired yet by its own clock.
  expect(['SESSION_REVOKED', 'TOKEN_EXPIRED']).toContain(await codeOfMe(late, tokens.access));
  expect(late.deps.live.isRevoked(String((await sessions.findOne({ revoked_at: { $exists: true } }))?._id))).toBe(true);
  await late.close();
  server.clock.advance(62_000);
  await cleanUp(server.deps);
  expect(await revoked()).toBe(0);
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
});

test('the stream stands still when the own heartbeat has not come back for 30 s, whatever else is heard', () => {
  // Whole milliseconds: a sum of fractions may be rounded to just beyond the boundary.
  const now = Math.round(performance.now());
  const time = vi.spyOn(performance, 'now').mockReturnValue(now);
  const heartbeat = startHeartbeat(server.deps.database, 'mine', server.deps.log.root);
  time.mockReturnValue(now + 30_000);
  expect(heartbeat.isStalled()).toBe(false);
  time.mockReturnValue(now + 30_001);
  expect(heartbeat.isStalled()).toBe(true);
  heartbeat.hear("another's");
  expect(heartbeat.isStalled()).toBe(true);
  heartbeat.hear('mine');
  expect([heartbeat.isStalled(), heartbeat.lagSeconds()]).toEqual([false, 0]);
});

/** An instance whose stream says nothing any more: its tables stay as they were. */
function stall(instance: TestServer): void {
  const { live } = instance.deps;
  vi.spyOn(live, 'isStalled').mockReturnValue(true);
  vi.spyOn(live, 'isRevoked').mockReturnValue(false);
  vi.spyOn(live, 'epochOf').mockReturnValue(undefined);
}

test('while the stream stands still the database is read instead', async () => {
  const deaf = await startTestServer({ sharedWith: server });
  try {
    stall(deaf);
    const user = await server.createUser();
    const tokens = await server.signIn(user);
    expect(await codeOfMe(deaf, tokens.access)).toBeUndefined();

    await server.rest('POST', `/users/${user.id}/roles`, { token: admin, body: { role_id: server.roleId('Author') } });
    expect(await codeOfMe(deaf, tokens.access)).toBe('TOKEN_STALE');
    const { body } = await server.rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } });
    expect(await codeOfMe(deaf, body.access_token)).toBeUndefined();

    await server.rest('POST', `/users/${user.id}/status`, { token: admin, body: { status: 'inactive' } });
    expect(await codeOfMe(deaf, body.access_token)).toBe('SESSION_REVOKED');
    const verified = await deaf.rest('POST', '/auth/verify', { body: { token: body.access_token } });
    expect(verified.body).toEqual({ valid: false, allowed: false, reason: 'SESSION_REVOKED' });
  } finally {
    await deaf.close();
  }
});

test('a stream that has to begin anew loads everything again, keys too, and goes on', async () => {
  const other = await startTestServer({ sharedWith: server });
  try {
    // Keys that cannot be read leave the ring as it is, and hold up nothing else.
    const reload = vi.spyOn(server.deps.keys, 'reload').mockRejectedValueOnce(new Error('sealed with another key'));
    await server.deps.database.db.collection('heartbeats').drop();
    await vi.waitFor(() => expect(reload).toHaveBeenCalled(), { timeout: 10_000, interval: 10 });

    const tokens = await server.signIn(await server.createUser());
    await other.rest('POST', '/auth/logout', { token: tokens.access });
    await vi.waitFor(async () => expect(await codeOfMe(server, tokens.access)).toBe('SESSION_REVOKED'), {
      timeout: 10_000,
      interval: 10,
    });
  } finally {
    await other.close();
  }
});

test('a session that the database no longer holds counts as revoked while the stream stands still', async () => {
  const tokens = await server.signIn(await server.createUser());
  await server.deps.database.db.collection('sessions').deleteMany({});
  stall(server);
  expect(await codeOfMe(server, tokens.access)).toBe('SESSION_REVOKED');
  vi.restoreAllMocks();
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
});

test('readiness says so', async () => {
  vi.spyOn(server.deps.live, 'isStalled').mockReturnValue(true);
  const response = await fetch(`${server.url}/health/ready`);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ checks: { feed: { ok: false } } });
  vi.restoreAllMocks();
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
});

test('verifying a token and checking oneself read nothing from the database', async () => {
  const { access } = await server.signIn(await server.createUser());
  const seen: string[] = [];
  const background = new Set(['heartbeats', 'outbox']);
  const note = ({ commandName, command }: CommandStartedEvent) => {
    const target = String(command[commandName]);
    if (commandName !== 'getMore' && commandName !== 'endSessions' && !background.has(target))
      seen.push(`${commandName} ${target}`);
  };
  server.deps.database.client.on('commandStarted', note);
  for (let call = 0; call < 20; call++) {
    const check = { resource: 'knowledge', action: 'READ' };
    const verified = await server.rest('POST', '/auth/verify', { body: { token: access, ...check } });
    expect(verified.body).toMatchObject({ valid: true, allowed: true });
    const checked = await server.rest('POST', '/rbac/check', { token: access, body: check });
    expect(checked.body.allowed).toBe(true);
  }
  server.deps.database.client.off('commandStarted', note);
  expect(seen).toEqual([]);
});

test('users and sessions that change otherwise make no token stale', async () => {
  const user = await server.createUser();
  const { access } = await server.signIn(user);
  const other = await startTestServer({ sharedWith: server });
  try {
    await server.rest('PUT', `/users/${user.id}`, { token: access, body: { profile: { department: '研发部' } } });
    await server.signIn(user);
    for (const instance of [server, other]) expect(await codeOfMe(instance, access)).toBeUndefined();
  } finally {
    await other.close();
  }
});
