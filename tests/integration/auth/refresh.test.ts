// Refreshing: rotation, the grace that gives the same successor, and what is taken for theft.
import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RestAnswer, startTestServer, type TestServer, type TestUser } from '../../support/server.ts';
import { settleOutbox } from '../../support/settle-outbox.ts';

let server: TestServer;
let other: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  other = await startTestServer({ sharedWith: server });
});
afterAll(async () => {
  await other.close();
  await server.close();
});

const GRACE = 30_000;
const refresh = (token: string, on = server): Promise<RestAnswer> =>
  on.rest('POST', '/auth/refresh', { body: { refresh_token: token } });

/** The next refresh token; the test ends here when there is none. */
async function next(token: string, on = server): Promise<string> {
  const { status, body } = await refresh(token, on);
  if (status !== 200) throw new Error(`refresh answered ${status} ${body.code}`);
  return body.refresh_token;
}

async function expectRevoked(token: string): Promise<void> {
  const { status, body } = await refresh(token);
  expect([status, body.code]).toEqual([401, 'SESSION_REVOKED']);
}

const sessionOf = (token: string) =>
  server.deps.database.db.collection('sessions').findOne({ _id: new ObjectId(String(decodeJwt(token)['sid'])) });

async function signIn(): Promise<{ user: TestUser; access: string; first: string }> {
  const user = await server.createUser();
  const { access, refresh: first } = await server.signIn(user);
  return { user, access, first };
}

describe('rotation', () => {
  test('moves the session on, over either instance', async () => {
    const { first } = await signIn();
    const second = await next(first);
    const third = await next(second, other);
    expect(new Set([first, second, third].map((token) => decodeJwt(token).jti)).size).toBe(3);
    expect(await sessionOf(third)).toMatchObject({
      session_id: decodeJwt(third).jti,
      previous_session_id: decodeJwt(second).jti,
      is_revoked: false,
    });
  });

  test('gives the same successor, byte for byte, for 30 s', async () => {
    const { first } = await signIn();
    const second = await next(first);
    expect(await next(first)).toBe(second);
    server.clock.advance(GRACE - 5_000);
    expect(await next(first, other)).toBe(second);
    // The lineage did not fork: the successor is still the present one.
    expect(decodeJwt(await next(second)).sid).toBe(decodeJwt(first).sid);
  });

  test('gives a fresh access token with the same successor', async () => {
    const { first } = await signIn();
    const answers = [await refresh(first), await refresh(first)];
    for (const { body } of answers)
      expect((await server.rest('GET', '/auth/me', { token: body.access_token })).status).toBe(200);
    expect(answers[0]?.body.access_token).not.toBe(answers[1]?.body.access_token);
  });

  test('survives a restart of the server', async () => {
    const { first } = await signIn();
    const restarted = await startTestServer({ sharedWith: server });
    const second = await next(first, restarted);
    await restarted.close();
    expect(await next(first)).toBe(second);
    expect(decodeJwt(await next(second)).jti).not.toBe(decodeJwt(second).jti);
  });
});

test('100 parallel refreshes over two instances: nobody is signed out and there is one lineage', async () => {
  const { first } = await signIn();
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => refresh(first, index % 2 === 0 ? server : other)),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
  const successors = new Set(answers.map(({ body }) => body.refresh_token));
  expect(successors.size).toBe(1);
  const [second] = [...successors];
  expect(decodeJwt(await next(second)).sid).toBe(decodeJwt(first).sid);
});

describe('a token that comes late', () => {
  test('is good once more, and noted', async () => {
    const { first } = await signIn();
    const second = await next(first);
    server.clock.advance(GRACE + 1_000);
    expect(await next(first)).toBe(second);
    expect(await sessionOf(first)).toMatchObject({ late_jti: decodeJwt(first).jti, is_revoked: false });
    const metrics = await server.deps.metrics.registry.metrics();
    expect(metrics).toMatch(/security_events_total\{[^}]*type="refresh_late"[^}]*\} [1-9]/);
  });

  test('in two tabs that wake up together, is good for both', async () => {
    const { first } = await signIn();
    const second = await next(first);
    server.clock.advance(2 * 3_600_000);
    const tabs = await Promise.all(
      Array.from({ length: 10 }, (_, index) => refresh(first, index % 2 ? server : other)),
    );
    expect(tabs.map(({ status, body }) => [status, body.refresh_token])).toEqual(Array(10).fill([200, second]));
  });

  test('in two tabs that both refresh on, leaves both signed in', async () => {
    const { first } = await signIn();
    await next(first);
    server.clock.advance(2 * 3_600_000);
    const [one, two] = await Promise.all([next(first), next(first)]);
    const [third, alsoThird] = await Promise.all([next(one), next(two)]);
    expect(alsoThird).toBe(third);
  });

  test('twice, after a grace of its own, is theft', async () => {
    const { first } = await signIn();
    const second = await next(first);
    server.clock.advance(GRACE + 1_000);
    await next(first);
    server.clock.advance(GRACE + 1_000);
    await expectRevoked(first);
    await expectRevoked(second);
  });
});

test('two holders who come late in turns are told apart from lost answers: the second time within a day is theft', async () => {
  const { first: stolen } = await signIn();
  const first = await refresh(stolen);
  server.clock.advance(32_000);
  expect((await refresh(stolen)).status).toBe(200);
  server.clock.advance(32_000);
  const second = await refresh(first.body.refresh_token);
  expect(second.status).toBe(200);
  server.clock.advance(32_000);
  const answer = await refresh(first.body.refresh_token);
  expect([answer.status, answer.body.code]).toEqual([401, 'SESSION_REVOKED']);
  expect((await refresh(second.body.refresh_token)).status).toBe(401);
});

describe('reuse of an older token', () => {
  test('ends the session, is audited, counted, and told by mail', async () => {
    const { user, first } = await signIn();
    const second = await next(first);
    const third = await next(second);
    const before = (await server.rest('GET', '/auth/me', { token: (await refresh(second)).body.access_token })).status;
    expect(before).toBe(200);

    await expectRevoked(first);
    for (const token of [first, second, third]) await expectRevoked(token);

    expect(await sessionOf(first)).toMatchObject({ is_revoked: true, revoke_reason: 'refresh_reuse' });
    const { db } = server.deps.database;
    const sid = decodeJwt(first)['sid'];
    const records = await db.collection('audit_logs').find({ 'target.id': sid, act: 'auth.session_ended' }).toArray();
    expect(records).toMatchObject([{ details: { reason: 'refresh_reuse' }, actor: { id: user.id } }]);
    expect(await server.deps.metrics.registry.metrics()).toMatch(
      /security_events_total\{[^}]*type="refresh_reuse"[^}]*\} [1-9]/,
    );
    await settleOutbox(server);
    expect((await server.deps.devMessages.list(user.email)).map(({ subject }) => subject)).toEqual([
      'A session was ended',
    ]);
  });

  test('within the grace of a later rotation is theft too', async () => {
    const { first } = await signIn();
    await next(await next(first));
    await expectRevoked(first);
  });

  test('takes force from the access tokens of both holders at once', async () => {
    const { access, first } = await signIn();
    const { body: second } = await refresh(first);
    await next(second.refresh_token);
    await expectRevoked(first);
    for (const token of [access, second.access_token])
      expect((await server.rest('GET', '/auth/me', { token })).body.code).toBe('SESSION_REVOKED');
  });

  test('ends no other session of the user', async () => {
    const { user, first } = await signIn();
    const elsewhere = await server.signIn(user);
    await next(await next(first));
    await expectRevoked(first);
    expect((await refresh(elsewhere.refresh)).status).toBe(200);
  });
});

describe('is refused', () => {
  test.each(['inactive', 'locked'] as const)(
    'to a user who is %s, also when only the database says so',
    async (status) => {
      const { user, first } = await signIn();
      await server.deps.users.update(user.id, {}, { $set: { status } });
      await expectRevoked(first);
    },
  );

  test('to a user who was removed', async () => {
    const { user, first } = await signIn();
    await server.deps.users.remove(user.id, {});
    await expectRevoked(first);
  });

  test('after the absolute end of the session, as an expired token', async () => {
    const { first } = await signIn();
    server.clock.advance(6 * 86_400_000);
    const second = await next(first);
    server.clock.advance(86_400_000);
    const { status, body } = await refresh(second);
    expect([status, body.code]).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('to a well-signed token of a session that does not exist', async () => {
    const { first } = await signIn();
    const { sub, iat, exp } = decodeJwt(first) as { sub: string; iat: number; exp: number };
    const sid = new ObjectId().toHexString();
    await expectRevoked(await server.deps.tokens.signRefresh({ sub, sid, jti: randomUUID(), iat, exp }));
  });

  test("to a well-signed token that names another's session", async () => {
    const { first } = await signIn();
    const { first: foreign } = await signIn();
    const { sub, iat, exp, jti } = decodeJwt(first) as { sub: string; iat: number; exp: number; jti: string };
    const sid = String(decodeJwt(foreign)['sid']);
    await expectRevoked(await server.deps.tokens.signRefresh({ sub, sid, jti, iat, exp }));
    // And does that session no harm.
    expect((await refresh(foreign)).status).toBe(200);
  });

  test('without a token', async () => {
    for (const body of [undefined, {}, { access_token: 'old' }]) {
      const answer = await server.rest('POST', '/auth/refresh', body === undefined ? {} : { body });
      expect([answer.status, answer.body.code]).toEqual([401, 'UNAUTHENTICATED']);
    }
  });
});

test('the expired access token that older callers send along is ignored', async () => {
  const { access, first } = await signIn();
  server.clock.advance(3_600_000);
  const { status } = await server.rest('POST', '/auth/refresh', {
    token: access,
    body: { refresh_token: first, access_token: access },
  });
  expect(status).toBe(200);
});
