// Signing a browser in by a phone: over two instances, followed by events and by asking, with everything that may go wrong.
import { createTRPCClient, httpSubscriptionLink } from '@trpc/client';
import { EventSource } from 'eventsource';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wire } from '../../../server/src/platform/wire.ts';
import type { AppRouter } from '../../../server/src/router.ts';
import { openStream, readBlock } from '../../support/event-stream.ts';
import { type Answer, startTestServer, type TestServer, type TestUser } from '../../support/server.ts';

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

interface Phone {
  readonly user: TestUser;
  readonly token: string;
}

async function newPhone(): Promise<Phone> {
  const user = await server.createUser();
  return { user, token: (await server.signIn(user)).access };
}

const create = async (on = server): Promise<Answer> =>
  (await on.rest('POST', '/auth/qr', { body: { device: { device_name: '会议室' } } })).body;
const act = (name: string, qrId: string, { token }: Partial<Phone>, body: object = {}, on = server) =>
  on.rest('POST', `/auth/qr/${qrId}/${name}`, { token, body });
const claim = (qr: Answer, on = server, body: object = {}) =>
  on.rest('POST', `/auth/qr/${qr.qr_id}/claim`, { body: { qr_secret: qr.qr_secret, ...body } });
const readStatus = async (qr: Answer, on = server): Promise<string> =>
  (await on.rest('GET', `/auth/qr/${qr.qr_id}`)).body.status;
const codeOf = ({ status, body }: { status: number; body: Answer }) => [status, body?.code ?? null];

test('the whole way, each step on another instance', async () => {
  const phone = await newPhone();
  const qr = await create(server);
  expect(qr).toMatchObject({ qr_id: expect.stringMatching(/^[\w-]{22}$/), number: expect.any(Number) });
  expect(qr.qr_url).toBe(`${server.url}/qr/${qr.qr_id}`);
  expect(qr.qr_url).not.toContain(qr.qr_secret);
  expect(await readStatus(qr, other)).toBe('pending');

  const scanned = await act('scan', qr.qr_id, phone, {}, other);
  expect(scanned.status).toBe(200);
  expect(scanned.body.device).toEqual({ user_agent: 'node', device_name: '会议室', ip: '127.0.0.1' });
  expect(scanned.body.numbers).toContain(qr.number);
  expect(new Set(scanned.body.numbers).size).toBe(3);
  expect(await readStatus(qr)).toBe('scanned');

  expect(codeOf(await act('confirm', qr.qr_id, phone, { number: qr.number }))).toEqual([204, null]);
  expect(await readStatus(qr, other)).toBe('confirmed');

  const claimed = await claim(qr, other, { device: { device_type: 'web' } });
  expect(claimed.body).toMatchObject({ status: 'ok', user: { id: phone.user.id } });
  expect(await readStatus(qr)).toBe('claimed');
  const sessions = await server.rest('GET', '/auth/sessions', { token: claimed.body.access_token });
  expect(sessions.body.items[0]).toMatchObject({ auth_methods: ['qr', 'pwd'], current: true });
});

describe('following it', () => {
  test('events tell each step as it happens, though it happens on another instance, and end with the last', async () => {
    const phone = await newPhone();
    const qr = await create();
    const stream = await openStream(`${server.url}/api/v1/auth/qr/${qr.qr_id}`);
    const next = async () => readBlock(await stream.next()).data?.status;
    expect(await next()).toBe('pending');
    await act('scan', qr.qr_id, phone, {}, other);
    expect(await next()).toBe('scanned');
    await act('confirm', qr.qr_id, phone, { number: qr.number }, other);
    expect(await next()).toBe('confirmed');
    await claim(qr, other);
    expect(await next()).toBe('claimed');
    expect(await stream.rest()).toEqual([]);
  });

  test('the typed client subscribes to the same', async () => {
    const client = createTRPCClient<AppRouter>({
      links: [httpSubscriptionLink({ url: `${server.url}/trpc`, transformer: wire, EventSource })],
    });
    const phone = await newPhone();
    const qr = await create();
    const told: string[] = [];
    await new Promise<void>((resolve, reject) => {
      client.auth.qr.watch.subscribe(
        { qr_id: qr.qr_id },
        {
          onData({ status }) {
            told.push(status);
            if (status === 'pending') void act('scan', qr.qr_id, phone, {}, other);
            if (status === 'scanned') void act('reject', qr.qr_id, phone, {}, other);
          },
          onComplete: resolve,
          onError: reject,
        },
      );
    });
    expect(told).toEqual(['pending', 'scanned', 'rejected']);
  });

  test('nobody learns more than the status, and of an unknown one nothing', async () => {
    const qr = await create();
    await act('scan', qr.qr_id, await newPhone());
    expect((await server.rest('GET', `/auth/qr/${qr.qr_id}`)).body).toEqual({ status: 'scanned' });
    expect(codeOf(await server.rest('GET', `/auth/qr/${'x'.repeat(22)}`))).toEqual([404, 'NOT_FOUND']);
  });
});

describe('time', () => {
  test('after two minutes nothing works any more, and pollers learn so', async () => {
    const phone = await newPhone();
    const [pending, scanned, confirmed] = [await create(), await create(), await create()];
    for (const qr of [scanned, confirmed]) await act('scan', qr.qr_id, phone);
    await act('confirm', confirmed.qr_id, phone, { number: confirmed.number });
    server.clock.advance(2 * 60_000);
    for (const qr of [pending, scanned, confirmed]) expect(await readStatus(qr)).toBe('expired');
    expect(codeOf(await act('scan', pending.qr_id, phone))).toEqual([404, 'NOT_FOUND']);
    expect(codeOf(await act('confirm', scanned.qr_id, phone, { number: scanned.number }))).toEqual([404, 'NOT_FOUND']);
    expect(codeOf(await claim(confirmed))).toEqual([401, 'INVALID_CODE']);
  });
});

describe('the wrong number', () => {
  test('ends it: there is no second guess', async () => {
    const phone = await newPhone();
    const qr = await create();
    const { numbers } = (await act('scan', qr.qr_id, phone)).body;
    const wrong = numbers.find((number: number) => number !== qr.number);
    expect(codeOf(await act('confirm', qr.qr_id, phone, { number: wrong }))).toEqual([401, 'INVALID_CODE']);
    expect(await readStatus(qr)).toBe('rejected');
    expect(codeOf(await act('confirm', qr.qr_id, phone, { number: qr.number }))).toEqual([404, 'NOT_FOUND']);
    expect(codeOf(await claim(qr))).toEqual([401, 'INVALID_CODE']);
  });

  test('all numbers at once, over two instances, are one guess', async () => {
    const phone = await newPhone();
    const qr = await create();
    const { numbers } = (await act('scan', qr.qr_id, phone)).body;
    const answers = await Promise.all(
      numbers.map((number: number, i: number) => act('confirm', qr.qr_id, phone, { number }, i % 2 ? server : other)),
    );
    // Whichever came first decided; nobody confirmed after a wrong one.
    const final = await readStatus(qr);
    expect(['confirmed', 'rejected']).toContain(final);
    expect(answers.filter(({ status }) => status === 204).length).toBeLessThanOrEqual(1);
    if (final === 'rejected') expect(codeOf(await claim(qr))).toEqual([401, 'INVALID_CODE']);
  });
});

describe('somebody else', () => {
  test('a second phone can neither scan, confirm nor reject what another has scanned', async () => {
    const [first, second] = [await newPhone(), await newPhone()];
    const qr = await create();
    await act('scan', qr.qr_id, first);
    expect(codeOf(await act('scan', qr.qr_id, second, {}, other))).toEqual([404, 'NOT_FOUND']);
    expect(codeOf(await act('confirm', qr.qr_id, second, { number: qr.number }))).toEqual([404, 'NOT_FOUND']);
    expect(codeOf(await act('reject', qr.qr_id, second))).toEqual([404, 'NOT_FOUND']);
    expect((await act('scan', qr.qr_id, first)).status).toBe(200);
    expect(await readStatus(qr)).toBe('scanned');
  });

  test('of 20 phones that scan at once one has it', async () => {
    const phones = await Promise.all(Array.from({ length: 20 }, newPhone));
    const qr = await create();
    const answers = await Promise.all(
      phones.map((phone, i) => act('scan', qr.qr_id, phone, {}, i % 2 ? server : other)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('who knows the id alone, or another’s secret, claims nothing', async () => {
    const phone = await newPhone();
    const [qr, own] = [await create(), await create()];
    await act('scan', qr.qr_id, phone);
    await act('confirm', qr.qr_id, phone, { number: qr.number });
    for (const qr_secret of [own.qr_secret, 'x'.repeat(43)])
      expect(codeOf(await claim({ ...qr, qr_secret }))).toEqual([401, 'INVALID_CODE']);
    expect((await claim(qr)).body.status).toBe('ok');
  });

  test('it is claimed once, however many ask at once', async () => {
    const phone = await newPhone();
    const qr = await create();
    await act('scan', qr.qr_id, phone);
    await act('confirm', qr.qr_id, phone, { number: qr.number });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => claim(qr, i % 2 ? server : other)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.code))).toEqual(
      new Set(['INVALID_CODE']),
    );
  });
});

describe('between confirming and claiming', () => {
  async function confirmed(): Promise<{ phone: Phone; qr: Answer }> {
    const phone = await newPhone();
    const qr = await create();
    await act('scan', qr.qr_id, phone);
    await act('confirm', qr.qr_id, phone, { number: qr.number });
    return { phone, qr };
  }

  test('a phone that is signed out takes it back', async () => {
    const { phone, qr } = await confirmed();
    await server.rest('POST', '/auth/logout', { token: phone.token });
    expect(codeOf(await claim(qr, other))).toEqual([401, 'INVALID_CODE']);
  });

  test('a person that is disabled stays out', async () => {
    const { phone, qr } = await confirmed();
    const admin = await server.signIn(await server.createUser([{ name: 'Admin' }]));
    await server.rest('POST', `/users/${phone.user.id}/status`, { token: admin.access, body: { status: 'inactive' } });
    expect((await claim(qr)).status).not.toBe(200);
  });

  test('rejecting still works', async () => {
    const { phone, qr } = await confirmed();
    expect((await act('reject', qr.qr_id, phone)).status).toBe(204);
    expect(codeOf(await claim(qr))).toEqual([401, 'INVALID_CODE']);
  });
});

test('a cookie is given to pages of our own alone', async () => {
  const phone = await newPhone();
  const qr = await create();
  await act('scan', qr.qr_id, phone);
  await act('confirm', qr.qr_id, phone, { number: qr.number });
  const ask = (origin: string) =>
    server.rest('POST', `/auth/qr/${qr.qr_id}/claim`, {
      body: { qr_secret: qr.qr_secret, refresh_transport: 'cookie' },
      headers: { origin },
    });
  expect(codeOf(await ask('https://evil.example'))).toEqual([403, 'ORIGIN_REFUSED']);
  const own = await ask(server.url);
  expect(own.headers.getSetCookie()[0]).toMatch(/^__Host-ac_refresh=/);
  expect(own.body.refresh_token).toBeUndefined();
});

test('scanning needs a session, and a client is nobody’s phone', async () => {
  const qr = await create();
  expect(codeOf(await act('scan', qr.qr_id, {}))).toEqual([401, 'UNAUTHENTICATED']);
  const client = await server.mintClientToken(['users:read']);
  expect(codeOf(await act('scan', qr.qr_id, { token: client }))).toEqual([403, 'PERMISSION_DENIED']);
});

test('only hashes of the secret are kept', async () => {
  const qr = await create();
  const stored = JSON.stringify(await server.deps.database.db.collection('qr_logins').find().toArray());
  expect(stored).toContain(qr.qr_id);
  expect(stored).not.toContain(qr.qr_secret);
});

test('a camera that follows the code finds a page that says what to do, in its language', async () => {
  const { qr_url } = await create();
  for (const [language, said] of [
    ['en', 'Scan it in the app'],
    ['zh-CN', '请在应用内扫码'],
  ] as const) {
    const answer = await fetch(qr_url, { headers: { 'accept-language': language } });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining(`<h1>${said}</h1>`)]);
  }
});
