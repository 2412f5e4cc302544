// What is asked of both servers; each scenario on people and sessions of its own.
import { decodeJwt } from 'jose';
import { vi } from 'vitest';
import type { Answer } from '../../support/server.ts';
import { soon } from '../../support/soon.ts';
import type { Ask } from './ask.ts';
import { password, type Stage } from './stage.ts';

export type Scenario = (ask: Ask, stage: Stage) => Promise<void>;

const signIn = async (ask: Ask, username: string) => ask('auth.login', { username, password });
const tokenOf = async (ask: Ask, username: string): Promise<string> => (await signIn(ask, username)).access_token;

const MINUTE = 60_000;

export const scenarios: Readonly<Record<string, Scenario>> = {
  async registering(ask) {
    const person = { username: 'new.one', email: 'New.One@example.com', password, name: 'New One' };
    const { access_token } = await ask('auth.register', person);
    await ask('auth.me', undefined, { token: access_token });
    await ask('auth.register', person);
    await ask('auth.register', { ...person, username: 'new.two' });
    await ask('auth.register', { ...person, username: 'x', email: 'nobody' });
    await ask('auth.register', { ...person, username: 'new.two', email: 'two@example.com', password: 'short' });
    await ask('auth.register', { ...person, username: 'new.two', email: 'two@example.com', password: 'I am new.two!' });
    await ask('auth.register', { ...person, role: 'Admin' });
    await ask('auth.register', {});
  },

  async 'signing in by a password'(ask) {
    const { access_token } = await signIn(ask, 'li.lei');
    const claims = decodeJwt(access_token);
    ask.note('claims', Object.keys(claims).sort());
    ask.note('what they say', [claims['roles'], claims['permissions'], claims['aud'], claims['amr'], claims['epoch']]);
    ask.note('life', (claims.exp ?? 0) - (claims.iat ?? 0));
    await ask('auth.login', {
      email: 'li.lei@example.com',
      password,
      device: { device_type: 'mobile', device_name: 'P' },
    });
    await ask('auth.login', { username: 'li.lei@example.com', password });
    await ask('auth.login', { username: 'li.lei', password: 'wrong' });
    await ask('auth.login', { username: 'nobody', password });
    await ask('auth.login', { username: 'li.lei', password, refresh_transport: 'cookie' });
    await ask('auth.login', { username: 'li.lei' });
    await ask('auth.login', { magic_token: 'x' });
  },

  async 'the lock after five failures'(ask, { advance }) {
    for (let failure = 0; failure < 5; failure++) await ask('auth.login', { username: 'jim.green', password: 'wrong' });
    await ask('auth.login', { username: 'jim.green', password });
    advance(31 * MINUTE);
    await signIn(ask, 'jim.green');
  },

  async 'codes by text message'(ask, { readSms }) {
    const phone = '13800138000';
    await ask('auth.otp.send', { phone, purpose: 'login' });
    const code = await readSms(phone);
    await ask('auth.login', { phone, code: code === '000000' ? '000001' : '000000' });
    await ask('auth.login', { phone, code });
    await ask('auth.login', { phone, code });
    await ask('auth.otp.send', { phone, purpose: 'step_up' });
    await ask('auth.otp.send', { phone: '12', purpose: 'login' });
    await ask('auth.otp.send', { phone: '13800138001', purpose: 'register' });
    const other = await readSms('13800138001');
    await ask('auth.register', { phone: '13800138001', code: other, name: 'By phone' });
  },

  async refreshing(ask, { advance }) {
    const { refresh_token: first } = await signIn(ask, 'li.lei');
    const refresh = async (refresh_token: string): Promise<string> =>
      (await ask('auth.refresh', { refresh_token })).refresh_token;
    const second = await refresh(first);
    ask.note('a successor', second !== first);
    ask.note('the same within 30 s', (await refresh(first)) === second);
    advance(31_000);
    ask.note('the same, late, once', (await refresh(first)) === second);
    ask.note('and while that is fresh', (await refresh(first)) === second);
    const third = await refresh(second);
    advance(31_000);
    await refresh(second);
    await refresh(third);
    await ask('auth.refresh', { refresh_token: 'x' });
    await ask('auth.refresh');
    await ask('auth.refresh', { refresh_token: (await signIn(ask, 'li.lei')).access_token });
  },

  async 'ending sessions'(ask) {
    const [one, other] = [await signIn(ask, 'han.meimei'), await signIn(ask, 'han.meimei')];
    const { items } = await ask('auth.sessions.list', { with_total: true }, { token: one.access_token });
    const foreign = items.find(({ current }: { current: boolean }) => !current);
    await ask('auth.sessions.revoke', { id: foreign.id }, { token: one.access_token });
    await ask('auth.sessions.revoke', { id: foreign.id }, { token: one.access_token });
    await ask('auth.me', undefined, { token: other.access_token });
    await ask('auth.logout', { refresh_token: one.refresh_token });
    await ask('auth.logout', { refresh_token: one.refresh_token });
    await ask('auth.logout');
    await ask('auth.refresh', { refresh_token: one.refresh_token });
    const third = await signIn(ask, 'han.meimei');
    await ask('auth.logoutAll', undefined, { token: third.access_token });
    await ask('auth.sessions.list', {}, { token: third.access_token });
  },

  async 'who may come in'(ask, { advance }) {
    const { access_token: token } = await signIn(ask, 'han.meimei');
    await ask('auth.me');
    await ask('auth.me', undefined, { token: 'nonsense' });
    await ask('users.list', {}, { token });
    await ask('users.list', { limit: 1000 }, { token });
    await ask('users.get', { id: 'a'.repeat(24) }, { token });
    await ask(
      'rbac.checkMany',
      { checks: [{ permission: 'SEARCH' }, { user_id: 'a'.repeat(24), permission: 'SEARCH' }] },
      { token },
    );
    await ask('system.clients.list', {}, { token });
    await ask('auth.revocations', undefined, { token });
    await ask('auth.mfa.enroll', { setup_token: 'x' });
    await ask('auth.mfa.enroll');
    await ask('auth.verify', { token: 'x' }, { token: 'nonsense' });
    advance(16 * MINUTE);
    await ask('auth.me', undefined, { token });
    await ask('auth.me', undefined, { token, headers: { 'accept-language': 'zh-CN' } });
  },

  async 'what does not fit'(ask) {
    const token = await tokenOf(ask, 'root');
    await ask('auth.login', undefined, { raw: '{' });
    await ask('rbac.check', { resource: 'knowledge' }, { token });
    await ask('rbac.check', { permission: '' }, { token });
    await ask('users.get', { id: 'x' }, { token });
    await ask('users.get', { id: 'f'.repeat(24) }, { token });
    await ask('users.list', { limit: 0, sort: 'size' }, { token });
    await ask('users.list', { cursor: 'nonsense' }, { token });
    await ask('users.list', { role: 'Nobody' }, { token });
    await ask('users.list', { unknown: 1 }, { token });
    await ask('users.setStatus', { id: 'f'.repeat(24), status: 'deleted' }, { token });
  },

  async 'reading people'(ask, { idOf }) {
    const token = await tokenOf(ask, 'root');
    const id = await idOf('li.lei');
    await ask('users.get', { id }, { token });
    await ask('users.permissions', { id }, { token });
    await ask('users.list', { search: 'li.', limit: 1, with_total: true }, { token });
    await ask('users.list', { role: 'Editor', sort: 'username' }, { token });
    const li = await tokenOf(ask, 'li.lei');
    await ask('users.get', { id }, { token: li });
    await ask('users.get', { id: await idOf('root') }, { token: li });
    await ask('users.permissions', { id }, { token: li });
  },

  async 'changing people'(ask, { idOf }) {
    const [token, han] = [await tokenOf(ask, 'root'), await signIn(ask, 'han.meimei')];
    const id = await idOf('han.meimei');
    await ask('users.update', { id, profile: { name: 'Han', department: 'R&D' } }, { token: han.access_token });
    await ask('users.update', { id, email: 'h@example.com' }, { token: han.access_token });
    await ask('users.update', { id, username: 'han' }, { token: han.access_token });
    await ask('users.update', { id, email: 'li.lei@example.com' }, { token });
    await ask('users.update', { id, email: 'h@example.com' }, { token });
    await ask('auth.me', undefined, { token: han.access_token });
    await ask('users.update', { id, email: 'han.meimei@example.com' }, { token });
    await ask(
      'users.update',
      { id: await idOf('root'), profile: { name: 'x' } },
      { token: await tokenOf(ask, 'li.lei') },
    );
  },

  async 'granting roles'(ask, { idOf, advance }) {
    const token = await tokenOf(ask, 'root');
    const { items } = await ask('rbac.roles.list', {}, { token });
    const roleId = (name: string): string => items.find((role: { name: string }) => role.name === name).id;
    const id = await idOf('han.meimei');
    const { access_token } = await signIn(ask, 'han.meimei');
    const expires_at = new Date(Date.now() + 10 * 3_600_000);
    await ask('users.assignRole', { id, role_id: roleId('Author'), expires_at }, { token });
    await ask('users.assignRole', { id, role_id: roleId('Author') }, { token });
    await ask('users.assignRole', { id, role_id: 'f'.repeat(24) }, { token });
    await ask('users.assignRole', { id, role_id: roleId('Editor'), expires_at: new Date(0) }, { token });
    await ask('auth.me', undefined, { token: access_token });
    await ask('auth.me', undefined, { token: await tokenOf(ask, 'han.meimei') });
    const key = { 'idempotency-key': 'once' };
    await ask('users.assignRole', { id, role_id: roleId('Editor') }, { token, headers: key });
    await ask('users.assignRole', { id, role_id: roleId('Editor') }, { token, headers: key });
    await ask('users.assignRole', { id, role_id: roleId('Admin') }, { token, headers: key });
    for (const name of ['Editor', 'Author', 'Author'])
      await ask('users.removeRole', { id, role_id: roleId(name) }, { token });
    advance(11 * MINUTE);
    await ask('users.assignRole', { id, role_id: roleId('Admin') }, { token });
  },

  async 'making roles of one’s own'(ask, { idOf, advance }) {
    const token = await tokenOf(ask, 'root');
    const as = { token };
    const { items } = await ask('rbac.permissions.list', { limit: 100 }, as);
    const idOfPermission = (name: string): string => items.find((one: { name: string }) => one.name === name).id;
    const [comment, search] = [idOfPermission('COMMENT'), idOfPermission('SEARCH')];
    const fields = { name: 'Reviewer', display_name: '审核员', level: 2, permission_ids: [comment] };
    const role = await ask('rbac.roles.create', fields, { token, headers: { 'idempotency-key': 'role' } });
    await ask('rbac.roles.create', fields, { token, headers: { 'idempotency-key': 'role' } });
    for (const odd of [{ name: 'ADMIN' }, { level: 5 }, { level: -1 }, { permission_ids: ['f'.repeat(24)] }])
      await ask('rbac.roles.create', { ...fields, name: 'Other', ...odd }, as);
    const { id } = role;
    const holder = await idOf('han.meimei');
    await ask('users.assignRole', { id: holder, role_id: id }, as);
    const { access_token: before } = await signIn(ask, 'han.meimei');
    await ask('rbac.roles.addPermissions', { id, permission_ids: [search, comment] }, as);
    await ask('rbac.roles.removePermission', { id, permission_id: comment }, as);
    await ask('rbac.roles.removePermission', { id, permission_id: comment }, as);
    await ask('rbac.roles.update', { id, version: 1, description: 'x' }, as);
    await ask('rbac.roles.update', { id, version: 3, status: 'inactive' }, as);
    await ask('rbac.check', { user_id: holder, permission: 'KNOWLEDGE_APPROVE' }, as);
    await ask('auth.me', undefined, { token: before });
    await ask('rbac.roles.update', { id, version: 4, status: 'active', name: 'Checker', level: 3 }, as);
    await ask('auth.me', undefined, { token: before });
    await ask('rbac.roles.update', { id: 'f'.repeat(24), version: 1 }, as);
    await ask('rbac.roles.delete', { id }, as);
    await ask('rbac.roles.delete', { id, reassign_to: id }, as);
    const heir = await ask('rbac.roles.create', { ...fields, name: 'Heir' }, as);
    const { access_token: then } = await signIn(ask, 'han.meimei');
    await ask('rbac.roles.delete', { id, reassign_to: heir.id }, as);
    await ask('auth.me', undefined, { token: then });
    await signIn(ask, 'han.meimei');
    await ask('rbac.roles.delete', { id: heir.id, force: true }, as);
    await signIn(ask, 'han.meimei');
    await ask('rbac.roles.delete', { id: heir.id }, as);
    const { items: all } = await ask('rbac.roles.list', {}, as);
    const [admin, editor] = all;
    await ask('rbac.roles.update', { id: admin.id, version: admin.version, status: 'inactive' }, as);
    await ask('rbac.roles.update', { id: editor.id, version: editor.version, name: 'Redactor' }, as);
    await ask('rbac.roles.addPermissions', { id: admin.id, permission_ids: [search] }, as);
    await ask('rbac.roles.delete', { id: editor.id, force: true }, as);
    await ask('rbac.roles.create', fields, { token: await tokenOf(ask, 'li.lei') });
    advance(11 * MINUTE);
    await ask('rbac.roles.create', { ...fields, name: 'Late' }, as);
  },

  async 'making permissions of one’s own'(ask) {
    const as = { token: await tokenOf(ask, 'root') };
    const fields = { name: 'Invoice_Approve', resource: 'Invoice', action: 'approve', category: 'finance' };
    const { id } = await ask('rbac.permissions.create', fields, as);
    await ask('rbac.permissions.create', fields, as);
    await ask('rbac.permissions.create', { ...fields, name: 'OTHER' }, as);
    await ask('rbac.permissions.create', { name: 'SECOND', resource: 'knowledge_base', action: 'read' }, as);
    await ask('rbac.permissions.create', { name: 'a:b', resource: 'x', action: 'y' }, as);
    await ask('rbac.check', { permission: 'INVOICE_APPROVE' }, as);
    const role = await ask(
      'rbac.roles.create',
      { name: 'Payer', display_name: 'x', level: 1, permission_ids: [id] },
      as,
    );
    await ask('rbac.permissions.update', { id, name: 'INVOICE_PASS', description: '放行' }, as);
    await ask('rbac.roles.get', { id: role.id }, as);
    await ask('rbac.permissions.update', { id, resource: 'user' }, as);
    await ask('rbac.permissions.update', { id, name: 'SEARCH' }, as);
    await ask('rbac.permissions.list', { category: 'finance' }, as);
    const { items } = await ask('rbac.permissions.list', { category: 'interaction', limit: 1 }, as);
    await ask('rbac.permissions.update', { id: items[0].id, name: 'X' }, as);
    await ask('rbac.permissions.delete', { id: items[0].id }, as);
    await ask('rbac.permissions.delete', { id }, as);
    await ask('rbac.permissions.delete', { id }, as);
    await ask('rbac.roles.get', { id: role.id }, as);
    await ask('rbac.check', { resource: 'invoice', action: 'APPROVE' }, as);
    await ask('rbac.roles.delete', { id: role.id }, as);
    await ask('rbac.permissions.create', fields, { token: await tokenOf(ask, 'li.lei') });
  },

  async 'renewing grants'(ask, { idOf, advance }) {
    const token = await tokenOf(ask, 'root');
    const { items } = await ask('rbac.roles.list', {}, { token });
    const roleId = (name: string): string => items.find((role: { name: string }) => role.name === name).id;
    const [id, own] = [await idOf('han.meimei'), await idOf('root')];
    const inHours = (hours: number) => new Date(Date.now() + hours * 60 * MINUTE);
    await ask('users.assignRole', { id, role_id: roleId('Author'), expires_at: inHours(10) }, { token });
    await ask('users.renewRole', { id, role_id: roleId('Author'), expires_at: inHours(20) }, { token });
    await ask('users.renewRole', { id, role_id: roleId('Author'), expires_at: null }, { token });
    await ask('users.renewRole', { id, role_id: roleId('Author'), expires_at: new Date(0) }, { token });
    await ask('users.renewRole', { id, role_id: roleId('Author') }, { token });
    await ask('users.renewRole', { id, role_id: roleId('Editor'), expires_at: null }, { token });
    await ask('users.renewRole', { id, role_id: 'f'.repeat(24), expires_at: null }, { token });
    const editor = await tokenOf(ask, 'li.lei');
    await ask('users.renewRole', { id, role_id: roleId('Author'), expires_at: null }, { token: editor });
    // One of two administrators may have an end; the last may not, and gives themselves no more time.
    await ask('users.renewRole', { id: own, role_id: roleId('Admin'), expires_at: inHours(10) }, { token });
    const again = await tokenOf(ask, 'root');
    await ask('users.renewRole', { id: own, role_id: roleId('Admin'), expires_at: null }, { token: again });
    const other = await idOf('second.root');
    await ask('users.renewRole', { id: other, role_id: roleId('Admin'), expires_at: inHours(10) }, { token: again });
    advance(11 * MINUTE);
    const late = { id: own, role_id: roleId('Admin'), expires_at: inHours(9) };
    await ask('users.renewRole', late, { token: again });
    const { access_token } = await signIn(ask, 'second.root');
    await ask('users.renewRole', { ...late, expires_at: null }, { token: access_token });
    await ask('users.removeRole', { id, role_id: roleId('Author') }, { token: access_token });
  },

  async 'setting the status'(ask, { idOf }) {
    const token = await tokenOf(ask, 'root');
    const id = await idOf('jim.green');
    const jim = await signIn(ask, 'jim.green');
    await ask('users.setStatus', { id, status: 'locked' }, { token });
    await ask('auth.me', undefined, { token: jim.access_token });
    await ask('auth.refresh', { refresh_token: jim.refresh_token });
    await signIn(ask, 'jim.green');
    await ask('rbac.check', { user_id: id, permission: 'SEARCH' }, { token });
    await ask('users.setStatus', { id, status: 'active' }, { token });
    await ask('users.setStatus', { id: await idOf('second.root'), status: 'inactive' }, { token });
    await ask('users.setStatus', { id: await idOf('root'), status: 'inactive' }, { token });
    await ask('users.setStatus', { id: await idOf('second.root'), status: 'active' }, { token });
    await ask('users.mfa.reset', { id }, { token });
  },

  async 'making and removing people'(ask, { idOf }) {
    const token = await tokenOf(ask, 'root');
    const { items } = await ask('rbac.roles.list', {}, { token });
    const roleId = (name: string): string => items.find((role: { name: string }) => role.name === name).id;
    const lily = { username: 'lily', email: 'Lily@example.com', phone: '13800138777', profile: { name: '李丽' } };
    const { id } = await ask('users.create', { ...lily, password: 'a horse of course 9' }, { token });
    await ask('users.create', { ...lily, username: 'lily.2' }, { token });
    await ask('users.create', { username: 'nobody' }, { token });
    await ask('users.create', { username: 'nobody', phone: 'none' }, { token });
    await ask('users.create', { username: 'nobody', password: 'short' }, { token });
    await ask('users.create', { username: 'some.one', email: 's@example.com', status: 'active' }, { token });
    const guest = await ask(
      'users.create',
      { username: 'guest', email: 'guest@example.com', role_ids: [roleId('Editor'), roleId('Author')] },
      { token },
    );
    await ask('users.create', { username: 'x.y', email: 'x@example.com', role_ids: ['f'.repeat(24)] }, { token });
    await ask('users.create', { username: 'x.y', email: 'x@example.com' }, { token: await tokenOf(ask, 'li.lei') });
    await ask('auth.login', { username: 'guest', password });
    const { change_token } = await ask('auth.login', { username: 'lily', password: 'a horse of course 9' });
    await ask('auth.password.reset', { change_token, new_password: password });
    const signedIn = await signIn(ask, 'lily');
    const sessions = await ask('users.sessions.list', { id, with_total: true }, { token });
    await ask('users.sessions.revoke', { id: guest.id, session_id: sessions.items[0].id }, { token });
    await ask('users.sessions.revoke', { id, session_id: sessions.items[0].id }, { token });
    await ask('users.sessions.revoke', { id, session_id: sessions.items[0].id }, { token });
    await ask('auth.me', undefined, { token: signedIn.access_token });
    await ask('users.sessions.list', { id }, { token });
    await ask('users.sessions.list', { id: 'f'.repeat(24) }, { token });
    const last = await signIn(ask, 'lily');
    await ask('users.delete', { id }, { token: await tokenOf(ask, 'li.lei') });
    await ask('users.delete', { id }, { token });
    await ask('users.delete', { id }, { token });
    await ask('auth.me', undefined, { token: last.access_token });
    await ask('auth.refresh', { refresh_token: last.refresh_token });
    await signIn(ask, 'lily');
    await ask('users.delete', { id: guest.id }, { token });
    await ask('users.get', { id: await idOf('li.lei') }, { token });
  },

  async 'asking for rights'(ask, { idOf }) {
    const token = await tokenOf(ask, 'li.lei');
    for (const check of [
      { resource: 'Knowledge_Base', action: 'create' },
      { permission: 'KNOWLEDGE_PUBLISH' },
      { permission: 'tag:MANAGE' },
      { permission: 'category:DELETE' },
      { permission: 'NOBODY_KNOWS' },
    ])
      await ask('rbac.check', check, { token });
    const admin = await tokenOf(ask, 'root');
    const checks = [
      { user_id: await idOf('li.lei'), permission: 'SEARCH' },
      { user_id: 'f'.repeat(24), permission: 'SEARCH' },
    ];
    await ask('rbac.checkMany', { checks }, { token: admin });
    await ask('rbac.checkMany', { checks: [] }, { token: admin });
    const { items } = await ask('rbac.roles.list', { limit: 2, with_total: true }, { token: admin });
    await ask('rbac.roles.get', { id: items[1].id }, { token: admin });
    await ask('rbac.roles.get', { id: 'f'.repeat(24) }, { token: admin });
    const page = await ask('rbac.permissions.list', { category: 'interaction', limit: 2 }, { token: admin });
    await ask(
      'rbac.permissions.list',
      { category: 'interaction', limit: 2, cursor: page.next_cursor },
      { token: admin },
    );
  },

  async 'asking why, and who'(ask, { idOf }) {
    const [token, admin] = [await tokenOf(ask, 'li.lei'), await tokenOf(ask, 'root')];
    await ask('rbac.explain', { resource: 'Knowledge_Base', action: 'create' }, { token });
    await ask('rbac.explain', { permission: 'USER_MANAGE' }, { token });
    await ask('rbac.explain', { user_id: await idOf('root'), permission: 'SEARCH' }, { token });
    for (const permission of ['KNOWLEDGE_PUBLISH', 'category:DELETE', 'USER_MANAGE', 'NOBODY_KNOWS'])
      await ask('rbac.explain', { user_id: await idOf('li.lei'), permission }, { token: admin });
    await ask('rbac.explain', { user_id: 'f'.repeat(24), permission: 'SEARCH' }, { token: admin });
    await ask('users.setStatus', { id: await idOf('jim.green'), status: 'locked' }, { token: admin });
    await ask('rbac.explain', { user_id: await idOf('jim.green'), permission: 'SEARCH' }, { token: admin });
    await ask('rbac.whoCan', { permission: 'search', limit: 2, with_total: true }, { token: admin });
    await ask('users.setStatus', { id: await idOf('jim.green'), status: 'active' }, { token: admin });
    const { key } = await ask('auth.apiKeys.create', { name: 'k', scopes: ['user:READ'] }, { token: admin });
    await ask('rbac.explain', { permission: 'KNOWLEDGE_READ' }, { token: key });
    await ask('rbac.whoCan', { resource: 'knowledge_base', action: 'publish' }, { token: key });
    for (const asked of [{ permission: 'NOBODY_KNOWS' }, { resource: 'moon', action: 'LAND' }, { resource: 'x' }, {}])
      await ask('rbac.whoCan', asked, { token: admin });
    await ask('rbac.whoCan', { permission: 'SEARCH' }, { token });
  },

  async 'what a token is worth'(ask, { advance, idOf }) {
    const [{ access_token: token }, admin] = [await signIn(ask, 'han.meimei'), await tokenOf(ask, 'root')];
    await ask('auth.verify', { token });
    await ask('auth.verify', { token, resource: 'knowledge', action: 'READ' });
    await ask('auth.verify', { token, resource: 'user', action: 'READ' });
    await ask('auth.verify', { token, resource: 'user' });
    await ask('auth.verify', { token: 'nonsense' });
    await ask('auth.forward', {}, { token });
    await ask('auth.forward', { resource: 'knowledge', action: 'read' }, { token });
    await ask('auth.forward', { resource: 'user', action: 'READ' }, { token });
    await ask('auth.forward', {});
    await ask('users.update', { id: await idOf('han.meimei'), email: 'other@example.com' }, { token: admin });
    await ask('auth.verify', { token });
    await ask('users.update', { id: await idOf('han.meimei'), email: 'han.meimei@example.com' }, { token: admin });
    const other = await signIn(ask, 'han.meimei');
    await ask('auth.logout', undefined, { token: other.access_token });
    await ask('auth.verify', { token: other.access_token });
    advance(16 * MINUTE);
    await ask('auth.verify', { token: other.access_token });
  },

  async 'proving oneself again'(ask, { advance }) {
    const { access_token: token } = await signIn(ask, 'li.lei');
    advance(11 * MINUTE);
    const key = { name: 'nightly', scopes: ['knowledge:READ'] };
    await ask('auth.apiKeys.create', key, { token });
    await ask('auth.stepUp', { password: 'wrong' }, { token });
    await ask('auth.stepUp', { code: '123456' }, { token });
    const { access_token } = await ask('auth.stepUp', { password }, { token });
    await ask('auth.apiKeys.create', key, { token: access_token });
  },

  async 'API keys'(ask) {
    const { access_token: token } = await signIn(ask, 'li.lei');
    const scopes = ['KNOWLEDGE_READ', 'knowledge_base:create'];
    const { key, api_key } = await ask('auth.apiKeys.create', { name: 'nightly', scopes, expires_at: null }, { token });
    await ask('auth.apiKeys.create', { name: 'x', scopes: ['user:READ', 'no:THING', 'NOTHING'] }, { token });
    await ask('auth.apiKeys.create', { name: 'x', scopes, expires_at: new Date(0) }, { token });
    await ask('auth.me', undefined, { token: key });
    await ask('auth.verify', { token: key, resource: 'knowledge', action: 'CREATE' });
    await ask('auth.forward', { resource: 'knowledge', action: 'DELETE' }, { token: key });
    await ask('auth.forward', {}, { token: key });
    await ask('auth.sessions.list', {}, { token: key });
    await ask('rbac.check', { permission: 'knowledge:READ' }, { token: key });
    await ask('auth.apiKeys.revoke', { id: api_key.id }, { token });
    await ask('auth.apiKeys.revoke', { id: api_key.id }, { token });
    await ask('auth.me', undefined, { token: key });
  },

  async applications(ask, { idOf }) {
    const token = await tokenOf(ask, 'root');
    const scopes = ['rbac:check', 'users:read', 'feed:read'];
    const { client_id, client_secret, client } = await ask(
      'system.clients.create',
      { name: 'Reports', kind: 'service', scopes, audiences: ['https://reports.example.com'] },
      { token },
    );
    await ask('system.clients.create', { name: 'Shop', kind: 'spa' }, { token });
    await ask(
      'system.clients.create',
      { name: 'Shop', kind: 'spa', scopes, redirect_uris: ['http://shop.example.com'] },
      { token },
    );
    const grant = { grant_type: 'client_credentials', client_id, client_secret };
    const own = (await ask('auth.token', grant)).access_token;
    ask.note('claims of a client', Object.keys(decodeJwt(own)).sort());
    await ask('auth.token', { ...grant, scope: 'rbac:check' });
    await ask('auth.token', { ...grant, scope: 'everything' });
    await ask('auth.token', { ...grant, client_secret: 'wrong' });
    await ask('auth.token', { ...grant, client_id: 'f'.repeat(24) });
    await ask('auth.token', { grant_type: 'password', client_id, client_secret });
    await ask('auth.token', { grant_type: 'authorization_code', client_id, client_secret });
    await ask('rbac.check', { user_id: await idOf('li.lei'), permission: 'SEARCH' }, { token: own });
    await ask('rbac.check', { permission: 'SEARCH' }, { token: own });
    await ask('users.get', { id: await idOf('li.lei') }, { token: own });
    await ask('users.list', {}, { token: own });
    await ask('auth.me', undefined, { token: own });
    await ask('auth.forward', {}, { token: own });
    await ask('auth.verify', { token: own });
    await ask('system.clients.update', { id: client_id, version: client.version, name: 'Reports 2' }, { token });
    await ask('system.clients.update', { id: client_id, version: client.version, name: 'Reports 3' }, { token });
    await ask('system.clients.get', { id: client_id }, { token });
    const rotated = await ask('system.clients.rotateSecret', { id: client_id, keep_old_for: 0 }, { token });
    await ask('auth.token', grant);
    await ask('rbac.check', { user_id: await idOf('li.lei'), permission: 'SEARCH' }, { token: own });
    const fresh = await ask('auth.token', { ...grant, client_secret: rotated.client_secret });
    await ask('system.clients.delete', { id: client_id }, { token });
    await ask('system.clients.delete', { id: client_id }, { token });
    await ask('auth.forward', {}, { token: fresh.access_token });
  },

  async 'a sign-in by QR code'(ask, { advance }) {
    const { access_token: token } = await signIn(ask, 'li.lei');
    const begin = () => ask('auth.qr.create', { device: { device_name: 'A laptop' } });
    const { qr_id, qr_secret, number } = await begin();
    await ask('auth.qr.claim', { qr_id, qr_secret });
    await ask('auth.qr.confirm', { qr_id, number }, { token });
    await ask('auth.qr.scan', { qr_id }, { token });
    await ask('auth.qr.confirm', { qr_id, number }, { token });
    await ask('auth.qr.claim', { qr_id, qr_secret });
    await ask('auth.qr.claim', { qr_id, qr_secret });
    const other = await begin();
    await ask('auth.qr.scan', { qr_id: other.qr_id }, { token });
    await ask('auth.qr.scan', { qr_id: other.qr_id }, { token: await tokenOf(ask, 'han.meimei') });
    await ask('auth.qr.confirm', { qr_id: other.qr_id, number: 5 }, { token });
    await ask('auth.qr.reject', { qr_id: other.qr_id }, { token });
    const late = await begin();
    advance(3 * MINUTE);
    await ask('auth.qr.scan', { qr_id: late.qr_id }, { token });
  },

  async 'another password'(ask, { advance }) {
    const [one, other] = [await signIn(ask, 'han.meimei'), await signIn(ask, 'han.meimei')];
    const token = one.access_token;
    const change = { old_password: password, new_password: 'another horse battery' };
    await ask('auth.password.change', { ...change, old_password: 'wrong' }, { token });
    await ask('auth.password.change', { ...change, new_password: 'short' }, { token });
    await ask('auth.password.change', change, { token });
    await ask('auth.me', undefined, { token: other.access_token });
    await ask('auth.me', undefined, { token });
    await signIn(ask, 'han.meimei');
    const again = await ask('auth.login', { username: 'han.meimei', password: 'another horse battery' });
    await ask('auth.password.change', { new_password: password }, { token: again.access_token });
    await ask('auth.password.forgot', { email: 'nobody@example.com' });
    await ask('auth.password.reset', { token: 'x', new_password: 'another horse battery' });
    await ask('auth.email.verify', { token: 'x' });
    advance(11 * MINUTE);
    await ask(
      'auth.password.change',
      { new_password: 'another horse battery' },
      { token: (await ask('auth.refresh', { refresh_token: again.refresh_token })).access_token },
    );
  },

  async 'the revocation feed'(ask, { url, idOf }) {
    const token = await tokenOf(ask, 'root');
    const service = { name: 'Follower', kind: 'service', scopes: ['feed:read'] };
    const { client_id, client_secret } = await ask('system.clients.create', service, { token });
    const grant = { grant_type: 'client_credentials', client_id, client_secret };
    const { access_token } = await ask('auth.token', grant);
    const read = async (cursor?: string): Promise<Answer> => {
      const query = cursor === undefined ? '' : `?cursor=${cursor}`;
      const headers = { authorization: `Bearer ${access_token}` };
      return (await fetch(`${url}/api/v1/auth/revocations${query}`, { headers })).json();
    };
    const listTypes = ({ records }: Answer): string[] =>
      [...new Set<string>(records.map(({ type }: { type: string }) => type))].sort();
    const all = await read();
    ask.note('all there is', [Object.keys(all).sort(), all.reset, listTypes(all)]);
    const id = await idOf('jim.green');
    await signIn(ask, 'jim.green');
    await ask('users.setStatus', { id, status: 'inactive' }, { token });
    await ask('users.setStatus', { id, status: 'active' }, { token });
    const news = await vi.waitFor(async () => {
      const batch = await read(all.cursor);
      if (batch.records.length < 3) throw new Error('not heard of yet');
      return batch;
    }, soon);
    ask.note('what came after', [news.reset, listTypes(news)]);
    ask.note('of the user', news.records.findLast(({ type }: { type: string }) => type === 'user').id === id);
    await ask('system.clients.delete', { id: client_id }, { token });
    ask.note('nobody any more', (await read(all.cursor)).code);
  },
};
