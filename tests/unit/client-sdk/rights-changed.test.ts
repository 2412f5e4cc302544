// A role that comes to give other rights: the page shows them with its next calls, by one refresh.
import { expect, test } from 'vitest';
import { createFakeAuthCenter } from '../../../client-sdk/src/testing.ts';
import { createTestClient, createTestTime } from './test-client.ts';

const password = 'a good password';

async function start() {
  const fake = createFakeAuthCenter({
    users: [
      { username: 'li.lei', password, roles: ['Approver'] },
      { username: 'han.meimei', password },
    ],
    roles: [{ name: 'Approver', permissions: ['invoice:READ'] }],
  });
  const { env, advance } = createTestTime();
  const open = async (username: string) => {
    const client = createTestClient(fake, {}, { ...env, fetch: fake.fetch });
    await client.auth.login({ username, password });
    return client;
  };
  return { fake, open, advance };
}

test('what its holder may do is known anew soon after the next call, without a call that fails', async () => {
  const { fake, open, advance } = await start();
  const { api, auth } = await open('li.lei');
  fake.setRole({ name: 'Approver', permissions: ['invoice:READ', 'invoice:APPROVE'] });
  expect(auth.can('invoice:APPROVE')).toBe(false);
  await api.auth.me.query();
  expect(fake.countCalls('auth.refresh')).toBe(0);
  advance(5_000);
  await api.auth.me.query();
  await expect.poll(() => auth.can('invoice:APPROVE')).toBe(true);
  advance(60_000);
  await api.auth.me.query();
  expect([fake.countCalls('auth.refresh'), fake.countCalls('auth.me')]).toEqual([1, 3]);
});

test('others go on with the token they have', async () => {
  const { fake, open, advance } = await start();
  const { api } = await open('han.meimei');
  fake.setRole({ name: 'Approver', permissions: [] });
  for (let call = 0; call < 3; call++) {
    await api.auth.me.query();
    advance(10_000);
  }
  expect(fake.countCalls('auth.refresh')).toBe(0);
});
