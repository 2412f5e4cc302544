// People, rights and applications of a fake AuthCenter, as the SDK and services see them.
import { describe, expect, test } from 'vitest';
import { catchError } from '../test-client.ts';
import { codeOf, people, rest, start } from './start-fake.ts';

describe('people and rights', () => {
  test('a role that is given or taken makes tokens stale, and counts at once', async () => {
    const { fake, signIn } = start({ ...people, roles: [{ name: 'Approver', permissions: ['invoice:APPROVE'] }] });
    const [admin, li] = [await signIn('root'), await signIn()];
    const { items } = await admin.api.rbac.roles.list.query({});
    expect(items.map(({ name }) => name)).toEqual(['Admin', 'Editor', 'Author', 'Approver', 'User']);
    const role_id = items.find(({ name }) => name === 'Approver')?.id ?? '';
    const { id } = fake.user('li.lei');
    const expires_at = new Date(fake.now().getTime() + 60_000);
    await admin.api.users.assignRole.mutate({ id, role_id, expires_at });
    expect(await codeOf(admin.api.users.assignRole.mutate({ id, role_id }))).toBe('ALREADY_EXISTS');
    expect(await li.api.rbac.check.query({ permission: 'invoice:APPROVE' })).toEqual({
      allowed: true,
      reason: 'granted',
    });
    expect(fake.countCalls('auth.refresh')).toBe(1);
    expect((await li.api.users.permissions.query({ id })).permissions.map(({ name }) => name)).toContain(
      'INVOICE_APPROVE',
    );
    fake.advance(61_000);
    expect((await admin.api.rbac.check.query({ user_id: id, permission: 'INVOICE_APPROVE' })).reason).toBe(
      'grant_expired',
    );
    await admin.api.users.removeRole.mutate({ id, role_id });
    await admin.api.users.setStatus.mutate({ id, status: 'locked' });
    expect(await codeOf(li.api.auth.me.query())).toBe('SESSION_REVOKED');
  });

  test('nobody acts above their level, and the last administrator remains', async () => {
    const { fake, signIn } = start();
    const [admin, li] = [await signIn('root'), await signIn()];
    const { id } = fake.user('root');
    expect(await catchError(li.api.users.list.query({}))).toMatchObject({
      code: 'PERMISSION_DENIED',
      permission: 'user:READ',
    });
    expect(await codeOf(admin.api.users.setStatus.mutate({ id, status: 'inactive' }))).toBe('LAST_ADMIN');
    expect((await admin.api.users.list.query({ role: 'Admin', with_total: true })).total).toBe(1);
    const page = await admin.api.users.list.query({ limit: 3, sort: 'username' });
    expect(page.items.map(({ username }) => username)).toEqual(['han.meimei', 'li.lei', 'old.hand']);
    const rest = await admin.api.users.list.query({ limit: 3, sort: 'username', cursor: page.next_cursor ?? '' });
    expect([rest.items.length, rest.next_cursor]).toEqual([1, null]);
  });

  test('clients act within their scopes, over both doors', async () => {
    const { fake } = start();
    const { id, secret } = fake.client('reports');
    const basic = { authorization: `Basic ${btoa(`${id}:${secret}`)}` };
    const form = { ...basic, 'content-type': 'application/x-www-form-urlencoded' };
    const granted = await rest(fake, 'POST', '/auth/token', { body: 'grant_type=client_credentials', headers: form });
    expect(granted.body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'rbac:check users:read feed:read',
    });
    const token = granted.body.access_token;
    const check = { user_id: fake.user('li.lei').id, resource: 'Knowledge_Base', action: 'create' };
    expect((await rest(fake, 'POST', '/rbac/check', { token, body: check })).body).toEqual({
      allowed: true,
      reason: 'granted',
    });
    const denied = await rest(fake, 'GET', '/users', { token });
    expect([denied.status, denied.headers.get('www-authenticate')]).toEqual([403, 'Bearer error="insufficient_scope"']);
    expect(
      (await rest(fake, 'POST', '/auth/token', { body: 'grant_type=client_credentials&scope=nothing', headers: form }))
        .body,
    ).toMatchObject({ code: 'INVALID_SCOPE', error: 'invalid_scope' });
  });
});
