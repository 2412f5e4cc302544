// Webhooks: whom the server tells of what happens, by whose secret, how often, and what becomes of receivers that fail.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, startTestServer, type TestServer } from '../../support/server.ts';
import { isSignedBy, startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver.ts';

let server: TestServer;
let other: TestServer;
let receiver: WebhookReceiver;
let admin: string;
const config = { webhooks: { timeout: '2s' } };
beforeAll(async () => {
  receiver = await startWebhookReceiver();
  server = await startTestServer({ config });
  other = await startTestServer({ config, sharedWith: server });
  await signInAgain();
});
afterAll(async () => {
  await other.close();
  await server.close();
  await receiver.close();
});

const signInAgain = async () => {
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
};
const send = (method: string, path: string, body?: unknown) =>
  server.rest(method, `/webhooks${path}`, { token: admin, body });
const made: string[] = [];
async function create(fields: object = {}): Promise<{ id: string; secret: string; webhook: Answer }> {
  const { status, body } = await send('POST', '', { url: receiver.url, events: ['user.*'], ...fields });
  expect(status, JSON.stringify(body)).toBe(201);
  made.push(body.webhook.id);
  return { id: body.webhook.id, ...body };
}
afterEach(async () => {
  for (const id of made.splice(0)) await send('DELETE', `/${id}`);
  receiver.always(204);
  receiver.received.length = 0;
});
/** Either instance may have a delivery in hand. */
const idle = () => Promise.all([server, other].map(({ deps }) => deps.webhookWorker.idle()));
const grant = async (role = 'Editor') => {
  const { id } = await server.createUser();
  const body = { role_id: server.roleId(role) };
  expect((await server.rest('POST', `/users/${id}/roles`, { token: admin, body })).status).toBe(201);
  return id;
};
const listDeliveries = async (id: string): Promise<Answer[]> => (await send('GET', `/${id}/deliveries`)).body.items;
/** Past the delay after so many failures, at its longest. */
const DELAYS = [5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200];

describe('a webhook', () => {
  test('is shown its secret once; it rests encrypted', async () => {
    const { id, secret, webhook } = await create({ description: '人事系统' });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(webhook).toMatchObject({ events: ['user.*'], description: '人事系统', enabled: true, version: 1 });
    expect((await send('GET', `/${id}`)).body).toEqual(webhook);
    const { db } = server.deps.database;
    for (const name of ['webhooks', 'audit_logs'])
      expect(JSON.stringify(await db.collection(name).find().toArray())).not.toContain(secret.slice(6));
  });

  test('is told of what it asked for, signed, with ids and no more', async () => {
    const { secret } = await create({ events: ['user.role_granted'] });
    const id = await grant();
    await server.rest('POST', `/users/${id}/status`, { token: admin, body: { status: 'inactive' } });
    await idle();
    expect(receiver.received).toHaveLength(1);
    const [told] = receiver.received as [(typeof receiver.received)[number]];
    expect(isSignedBy(secret, told)).toBe(true);
    expect(isSignedBy(secret, { ...told, body: `${told.body} ` })).toBe(false);
    expect(told.headers['content-type']).toBe('application/json');
    expect(Math.abs(Number(told.headers['webhook-timestamp']) * 1000 - server.clock.now().getTime())).toBeLessThan(
      60_000,
    );
    expect(told.event).toEqual({
      type: 'user.role_granted',
      timestamp: expect.stringMatching(/Z$/),
      data: {
        user_id: id,
        role_id: server.roleId('Editor'),
        role: 'Editor',
        expires_at: null,
        actor: { kind: 'user', id: expect.stringMatching(/^[0-9a-f]{24}$/) },
      },
    });
  });

  test('may ask for all of a kind', async () => {
    await create({ events: ['session.*', 'user.status_changed', 'user.created'] });
    const user = await server.createUser();
    const { access } = await server.signIn(user);
    const second = await server.signIn(user);
    await server.rest('POST', '/auth/logout', { token: second.access, body: {} });
    await server.rest('POST', '/auth/logout-all', { token: access });
    await server.rest('POST', `/users/${user.id}/status`, { token: admin, body: { status: 'inactive' } });
    const registered = await server.rest('POST', '/auth/register', {
      body: { email: 'new.user@example.com', password: 'correct horse battery', username: 'new.user' },
    });
    expect(registered.status).toBe(201);
    await idle();
    const told = receiver.received.map(({ event }) => event);
    expect(told.map(({ type }) => type).sort()).toEqual([
      'session.ended',
      'session.ended',
      'session.opened',
      'session.opened',
      'session.opened',
      'user.created',
      'user.status_changed',
    ]);
    // Who registers is signed in, and stays so.
    const opened = told.filter(({ type, data }) => type === 'session.opened' && data.user_id === user.id);
    expect(opened[0].data).toMatchObject({ user_id: user.id, method: 'pwd', client_id: null });
    const ended = told.filter(({ type }) => type === 'session.ended');
    expect(ended.flatMap(({ data }) => data.session_ids).sort()).toEqual(
      opened.map(({ data }) => data.session_id).sort(),
    );
    expect(ended.map(({ data }) => data.reason).sort()).toEqual(['logout', 'logout_all']);
    expect(JSON.stringify(told)).not.toContain('new.user');
  });

  test('hears of what happens on another instance, and nothing of what did not happen', async () => {
    await create({ events: ['user.status_changed'] });
    await expect.poll(() => other.deps.events.listSubscribers().length).toBe(1);
    const { id } = await other.createUser();
    const set = (status: string) => other.rest('POST', `/users/${id}/status`, { token: admin, body: { status } });
    expect((await set('nonsense')).status).toBe(400);
    expect((await set('inactive')).status).toBe(200);
    await idle();
    expect(receiver.received.map(({ event }) => event.data.to)).toEqual(['inactive']);
  });

  test('is told by one of two instances, once', async () => {
    await create({ events: ['user.role_granted'] });
    await expect.poll(() => other.deps.events.listSubscribers().length).toBe(1);
    const ids = await Promise.all(Array.from({ length: 12 }, () => grant()));
    await idle();
    expect(receiver.received.map(({ event }) => event.data.user_id).sort()).toEqual(ids.sort());
  });

  test('without webhooks nothing is written', async () => {
    const deliveries = server.deps.database.db.collection('webhook_deliveries');
    const before = await deliveries.countDocuments();
    await server.signIn(await server.createUser());
    expect(await deliveries.countDocuments()).toBe(before);
  });
});

describe('a change', () => {
  test('names the version it started from', async () => {
    const { id } = await create();
    const answers = await Promise.all(
      ['A', 'B'].map((description) => send('PUT', `/${id}`, { version: 1, description })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await send('PUT', `/${'f'.repeat(24)}`, { version: 1 })).body.code).toBe('NOT_FOUND');
  });

  test('a disabled webhook is told nothing', async () => {
    const { id } = await create();
    expect((await send('PUT', `/${id}`, { version: 1, enabled: false })).status).toBe(200);
    await grant();
    await idle();
    expect(receiver.received).toEqual([]);
  });

  test('of the secret: for a while both sign, then the new one alone', async () => {
    const { id, secret } = await create();
    const { body } = await send('POST', `/${id}/rotate-secret`, { keep_old_for: 3600 });
    await grant();
    await idle();
    server.clock.advance(3_601_000);
    await signInAgain();
    await grant();
    await idle();
    const signers = receiver.received.map((told) => [isSignedBy(secret, told), isSignedBy(body.secret, told)]);
    expect(signers).toEqual([
      [true, true],
      [false, true],
    ]);
    const { body: last } = await send('POST', `/${id}/rotate-secret`, { keep_old_for: 0 });
    await grant();
    await idle();
    const told = receiver.received.at(-1) as (typeof receiver.received)[number];
    expect([isSignedBy(body.secret, told), isSignedBy(last.secret, told)]).toEqual([false, true]);
  });

  test.each(['ftp://example.com/', 'https://user:pass@example.com/', 'https://example.com/#x', 'not a url'])(
    'not to %s',
    async (url) => {
      expect((await send('POST', '', { url, events: ['user.*'] })).body.code).toBe('VALIDATION_FAILED');
    },
  );

  test('needs a proof of identity at most 10 minutes old', async () => {
    const { access } = await server.signIn(await server.createUser([{ name: 'Admin' }]));
    server.clock.advance(11 * 60_000);
    const body = { url: receiver.url, events: ['user.*'] };
    expect((await server.rest('POST', '/webhooks', { token: access, body })).body.code).toBe('STEP_UP_REQUIRED');
    await signInAgain();
  });
});

describe('a receiver that fails', () => {
  test('is asked again, ten times within a day, each time by the same id and body', async () => {
    const { id, secret } = await create();
    receiver.always(500);
    await grant();
    await idle();
    for (const [index, delay] of DELAYS.entries()) {
      expect((await listDeliveries(id))[0]).toMatchObject({ status: 'pending', attempts: index + 1, last_status: 500 });
      server.clock.advance(delay * 1000);
      await signInAgain();
      await idle();
    }
    expect((await listDeliveries(id))[0]).toMatchObject({ status: 'failed', attempts: 10, next_attempt_at: null });
    expect((await send('GET', `/${id}`)).body.failing_since).not.toBeNull();
    const told = receiver.received;
    expect(told).toHaveLength(10);
    expect(new Set(told.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(told.map(({ body }) => body)).size).toBe(1);
    expect(new Set(told.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(10);
    expect(told.every((one) => isSignedBy(secret, one))).toBe(true);
  });

  test('and recovers, is told what it missed, and is well again', async () => {
    const { id } = await create();
    receiver.answer(503);
    await grant();
    await idle();
    expect((await send('GET', `/${id}`)).body.failing_since).not.toBeNull();
    server.clock.advance(5_000);
    await idle();
    expect((await listDeliveries(id))[0]).toMatchObject({ status: 'delivered', attempts: 2, last_status: 204 });
    expect((await send('GET', `/${id}`)).body.failing_since).toBeNull();
  });

  test('is asked again when it hangs or redirects; a redirect is not followed', async () => {
    const { id } = await create();
    receiver.answer(
      () => undefined,
      (response) => response.writeHead(307, { location: '/elsewhere' }).end(),
    );
    await grant();
    await idle();
    expect((await listDeliveries(id))[0]).toMatchObject({
      last_status: null,
      last_error: 'did not answer within 2000 ms',
    });
    server.clock.advance(5_000);
    await idle();
    expect((await listDeliveries(id))[0]).toMatchObject({ status: 'pending', last_status: 307 });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook', '/hook']);
  });

  test('that answers 410 is told no more', async () => {
    const { id } = await create();
    receiver.answer(410);
    await grant();
    await idle();
    expect((await send('GET', `/${id}`)).body).toMatchObject({ enabled: false, disabled_reason: 'gone', version: 2 });
    expect((await listDeliveries(id))[0]).toMatchObject({ status: 'failed', attempts: 1, last_status: 410 });
    await expect.poll(() => server.deps.events.listSubscribers()).toEqual([]);
    await grant();
    expect(await listDeliveries(id)).toHaveLength(1);
    const acts = await server.deps.database.db
      .collection('audit_logs')
      .find({ act: 'system.webhook_disabled' })
      .toArray();
    expect(acts.map(({ target }) => target.id)).toEqual([id]);
    const { body } = await send('PUT', `/${id}`, { version: 2, enabled: true });
    expect(body).toMatchObject({ enabled: true, disabled_reason: null });
  });

  test('holds up no other webhook', async () => {
    const slow = await startWebhookReceiver();
    slow.always(() => undefined);
    const { id } = await create({ url: slow.url });
    await create();
    const ids = [];
    for (let count = 0; count < 6; count++) ids.push(await grant());
    await expect.poll(() => receiver.received.length).toBe(6);
    expect(receiver.received.map(({ event }) => event.data.user_id).sort()).toEqual(ids.sort());
    expect((await listDeliveries(id)).every(({ status }) => status === 'pending')).toBe(true);
    await slow.close();
  });
});

describe('what was told', () => {
  test('can be told again, one or all since a time', async () => {
    const { id } = await create();
    receiver.answer(200, 410);
    await grant();
    await idle();
    const since = new Date(server.clock.now().getTime() + 1);
    server.clock.advance(2);
    await grant();
    await idle();
    await expect.poll(() => server.deps.events.listSubscribers()).toEqual([]);
    await send('PUT', `/${id}`, { version: 2, enabled: true });
    const [second, first] = await listDeliveries(id);
    expect((await send('POST', `/${id}/replay`, { since: since.toISOString(), only_failed: true })).body).toEqual({
      count: 1,
    });
    await idle();
    expect((await send('POST', `/${id}/replay`, { delivery_id: first.id })).body).toEqual({ count: 1 });
    await idle();
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(
      [first, second, second, first].map(({ event_id }) => event_id),
    );
    expect((await listDeliveries(id)).map(({ status }) => status)).toEqual(['delivered', 'delivered']);
    expect((await send('POST', `/${id}/replay`, { since: new Date(0).toISOString() })).body).toEqual({ count: 2 });
    await idle();
  });

  test('is found by one who names it rightly', async () => {
    const { id } = await create();
    const elsewhere = await create();
    await grant();
    await idle();
    const [delivery] = await listDeliveries(id);
    const replay = (webhook: string, body: object) => send('POST', `/${webhook}/replay`, body);
    expect((await replay(elsewhere.id, { delivery_id: delivery.id })).body.code).toBe('NOT_FOUND');
    expect((await replay(id, {})).body.code).toBe('VALIDATION_FAILED');
    expect((await replay('f'.repeat(24), { delivery_id: delivery.id })).body.code).toBe('NOT_FOUND');
    receiver.always(500);
    await grant();
    await idle();
    const [pending] = await listDeliveries(id);
    expect((await replay(id, { delivery_id: pending.id })).body.code).toBe('INVALID_TRANSITION');
    expect((await send('GET', `/${id}/deliveries?status=pending`)).body.items).toHaveLength(1);
    const paged = await send('GET', `/${id}/deliveries?limit=1&with_total=true`);
    expect(paged.body).toMatchObject({ total: 2, items: [{ id: pending.id }] });
    expect((await send('GET', `/${id}/deliveries?limit=1&cursor=${paged.body.next_cursor}`)).body.items).toEqual([
      delivery,
    ]);
  });

  test('outlives the instance that had it in hand', async () => {
    const { id } = await create();
    await grant();
    await idle();
    const leftBehind = { status: 'pending', due_at: new Date(server.clock.now().getTime() + 1200) };
    await server.deps.database.db.collection('webhook_deliveries').updateOne({}, { $set: leftBehind });
    await idle();
    expect((await listDeliveries(id))[0].status).toBe('pending');
    server.clock.advance(1200);
    await idle();
    expect((await listDeliveries(id))[0]).toMatchObject({ status: 'delivered', attempts: 2 });
    expect(receiver.received).toHaveLength(2);
  });
});
