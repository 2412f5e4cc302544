// Webhooks of the fake, for tests of what receives them: posted to the test's own receiver, signed, tried again by the moved clock.
import { expect, test } from 'vitest';
import type { WebhookBody } from '../../../../shared/src/schemas.ts';
import { isSignedBy } from '../../../support/webhook-receiver.ts';
import { people, start } from './start-fake.ts';

interface Received {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

function startWithReceiver(answers: number[] = []) {
  const received: Received[] = [];
  const receive: typeof fetch = async (url, { headers, body } = {}) => {
    received.push({ url: String(url), headers: Object.fromEntries(new Headers(headers)), body: String(body) });
    const status = answers.shift() ?? 204;
    if (status === 0) throw new TypeError('fetch failed');
    return new Response(null, { status });
  };
  return { ...start({ ...people, webhookFetch: receive }), received };
}
const hook = { url: 'https://hr.example.com/hooks', events: ['user.status_changed' as const] };

test('a receiver is told of what a person of the test does, signed as by a server', async () => {
  const { fake, signIn, received } = startWithReceiver();
  const { api } = await signIn('root');
  const { secret } = await api.system.webhooks.create.mutate(hook);
  const { id } = fake.user('li.lei');
  await api.users.setStatus.mutate({ id, status: 'inactive' });
  await fake.settled();
  const [told] = received as [Received];
  expect(told.url).toBe(hook.url);
  expect(isSignedBy(secret, told)).toBe(true);
  expect(JSON.parse(told.body)).toMatchObject({
    type: 'user.status_changed',
    data: { user_id: id, from: 'active', to: 'inactive' },
  });
});

test('what it does not take comes again when the clock is moved, with the same id; ten times at most', async () => {
  const { fake, signIn, received } = startWithReceiver([0, ...Array(9).fill(500)]);
  const { api } = await signIn('root');
  const { webhook } = await api.system.webhooks.create.mutate(hook);
  await api.users.setStatus.mutate({ id: fake.user('li.lei').id, status: 'inactive' });
  const read = async () => (await api.system.webhooks.deliveries.query({ id: webhook.id })).items[0];
  for (let attempt = 1; attempt <= 10; attempt++) {
    await fake.settled();
    expect([received.length, (await read())?.attempts]).toEqual([attempt, attempt]);
    fake.advance(12 * 3_600_000);
  }
  await fake.settled();
  expect(await read()).toMatchObject({ status: 'failed', attempts: 10 });
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  fake.advance(100 * 3_600_000);
  await fake.settled();
  expect(received).toHaveLength(10);
});

test('what was done is on record, and goes with the person', async () => {
  const { fake, signIn } = start();
  const { api } = await signIn('root');
  const { id } = fake.user('li.lei');
  await fake.signIn('li.lei');
  await api.users.delete.mutate({ id });
  const { items } = await api.system.audit.list.query({ target_id: id });
  expect(items).toMatchObject([{ act: 'users.delete', actor: { kind: 'user' }, personal: null }]);
  const { total } = await api.system.stats.query();
  expect(total).toMatchObject({ sign_ins: 2, failures: 0, registrations: 0 });
});

test('a grant that ends is told of and on record, once, when the clock has passed it', async () => {
  const { fake, signIn, received } = startWithReceiver();
  const { api } = await signIn('root');
  await api.system.webhooks.create.mutate({ ...hook, events: ['user.role_expired'] });
  const { items } = await api.rbac.roles.list.query();
  const role_id = items.find(({ name }) => name === 'Author')?.id ?? '';
  const { id } = fake.user('li.lei');
  await api.users.assignRole.mutate({ id, role_id, expires_at: new Date(fake.now().getTime() + 60_000) });
  fake.advance(59_000);
  await fake.settled();
  expect(received).toEqual([]);
  for (const ms of [2_000, 60_000]) fake.advance(ms);
  await fake.settled();
  const told: WebhookBody[] = received.map(({ body }) => JSON.parse(body));
  expect(told).toMatchObject([{ type: 'user.role_expired', data: { user_id: id, role: 'Author' } }]);
  const { items: lines } = await api.system.audit.list.query({ act: 'users.grant_expired' });
  expect(lines).toMatchObject([{ actor: { kind: 'system' }, target: { id } }]);
});

test('a receiver takes what comes after the clock was moved: the signature’s time is the platform’s', async () => {
  const { fake, signIn, received } = startWithReceiver();
  const { api } = await signIn('root');
  await api.system.webhooks.create.mutate(hook);
  fake.advance(3_600_000);
  await api.users.setStatus.mutate({ id: fake.user('li.lei').id, status: 'inactive' });
  await fake.settled();
  const [told] = received as [Received];
  expect(Math.abs(Number(told.headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
  expect(new Date(JSON.parse(told.body).timestamp).getTime()).toBeGreaterThan(Date.now() + 3_500_000);
});

test('without a receiver nobody is called', async () => {
  const { fake, signIn } = start();
  const { api } = await signIn('root');
  const { webhook } = await api.system.webhooks.create.mutate(hook);
  await api.users.setStatus.mutate({ id: fake.user('li.lei').id, status: 'inactive' });
  await fake.settled();
  const { items } = await api.system.webhooks.deliveries.query({ id: webhook.id });
  expect(items).toMatchObject([
    { status: 'pending', last_status: null, last_error: expect.stringContaining('webhookFetch') },
  ]);
});
