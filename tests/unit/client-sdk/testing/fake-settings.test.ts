// The run-time settings of a fake AuthCenter, and what time alone does: passwords that grow old, requests that lapse.
import { describe, expect, test } from 'vitest';
import { createFakeAuthCenter } from '../../../../client-sdk/src/testing.ts';
import { codeOf, password, people, start } from './start-fake.ts';

const DAY = 86_400_000;

describe('settings', () => {
  test('begin as the options have them, and go back to that', async () => {
    const { signIn } = start({ ...people, settings: { 'security.max_login_attempts': 2 }, emailVerification: 'off' });
    const { api } = await signIn('root');
    const { version, settings } = await api.system.config.get.query();
    const find = (wanted: string) => settings.find(({ key }) => key === wanted);
    expect(find('security.max_login_attempts')).toEqual({
      key: 'security.max_login_attempts',
      value: 2,
      source: 'configuration',
      configured: 2,
      allowed: 'a whole number from 1 to 50',
      min: 1,
      max: 50,
    });
    expect(find('registration.email_verification')?.configured).toBe('off');
    const set = (from: number, value: number | null) =>
      api.system.config.update.mutate({ version: from, settings: { 'security.max_login_attempts': value } });
    expect((await set(version, 9)).settings).toContainEqual(expect.objectContaining({ value: 9, source: 'runtime' }));
    expect(await codeOf(set(version, 9))).toBe('VERSION_CONFLICT');
    expect((await set(version + 1, null)).settings).toEqual(settings);
  });

  test.each([
    [{ 'security.max_login_attempts': 51 }, /security\.max_login_attempts: 51 cannot be used/],
    [{ 'security.lockout_duration': '30' }, /Give a duration with its unit/],
  ])('what a server would not start with makes no fake: %o', (settings, message) => {
    expect(() => createFakeAuthCenter({ settings })).toThrow(message);
  });
});

test('under mlps a password grows old', async () => {
  const { fake, open } = start({
    ...people,
    settings: { 'security.password_profile': 'mlps', 'security.password_max_age': '10d' },
  });
  const login = () => open().auth.login({ username: 'li.lei', password });
  expect((await login()).status).toBe('ok');
  fake.advance(10 * DAY);
  const result = await login();
  if (result.status !== 'password_change_required') throw new Error(result.status);
  const reset = (new_password: string) =>
    open().api.auth.password.reset.mutate({ change_token: result.change_token, new_password });
  expect(await codeOf(reset(password))).toBe('VALIDATION_FAILED');
  await reset('Another of 3 kinds');
  expect(await codeOf(login())).toBe('INVALID_CREDENTIALS');
});

test('a request that nobody decides lapses, and may be made again', async () => {
  const { fake, signIn } = start();
  const input = { role: 'Author', reason: '值班', duration: 3600 };
  const { api } = await signIn();
  const { id } = await api.rbac.requests.create.mutate(input);
  fake.advance(7 * DAY);
  const later = (await signIn()).api.rbac.requests;
  expect((await later.list.query({})).items).toMatchObject([{ id, status: 'lapsed', closed_at: expect.any(Date) }]);
  const root = (await signIn('root')).api;
  expect(await codeOf(root.rbac.requests.approve.mutate({ id }))).toBe('INVALID_TRANSITION');
  expect((await later.create.mutate(input)).status).toBe('pending');
});

test('nobody asks more than twenty times a day', async () => {
  const { fake, signIn } = start();
  const { create, cancel } = (await signIn()).api.rbac.requests;
  const ask = () => create.mutate({ role: 'Author', reason: 'x', duration: 3600 });
  for (let times = 0; times < 20; times++) await cancel.mutate({ id: (await ask()).id });
  expect(await codeOf(ask())).toBe('RATE_LIMITED');
  fake.advance(DAY);
  expect((await ask()).status).toBe('pending');
});

test('a role of the option fourEyes takes two people', async () => {
  const admin = { password, roles: ['Admin'] };
  const users = [...people.users, { ...admin, username: 'second.root' }];
  const { fake, signIn } = start({ ...people, users, fourEyes: ['Author'] });
  const [li, root, second] = [await signIn(), await signIn('root'), await signIn('second.root')];
  const { items } = await root.api.rbac.roles.list.query({});
  const role_id = items.find(({ name }) => name === 'Author')?.id ?? '';
  const { id: user_id } = fake.user('li.lei');
  expect(await codeOf(root.api.users.assignRole.mutate({ id: user_id, role_id }))).toBe('PERMISSION_DENIED');
  const simulated = await root.api.rbac.simulate.query({ change: 'grant.assign', user_id, role_id });
  expect([simulated.permitted, simulated.refused?.code]).toEqual([false, 'PERMISSION_DENIED']);
  const input = { role: 'Author', reason: '值班', duration: 3600 };
  const { id } = await li.api.rbac.requests.create.mutate(input);
  expect((await root.api.rbac.requests.approve.mutate({ id })).status).toBe('pending');
  expect((await second.api.rbac.requests.approve.mutate({ id })).status).toBe('approved');
  expect(fake.user('li.lei').roles.map(({ name }) => name)).toEqual(['Editor', 'Author']);
});
