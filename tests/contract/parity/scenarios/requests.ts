// A role asked for, for a while, and what others say to it.
import type { Answer } from '../../../support/server.ts';
import type { Ask } from '../ask.ts';
import { MINUTE, makePerson, type Scenarios, signIn, tokenOf } from './scenario.ts';

const roleIdsOf = async (ask: Ask, token: string): Promise<(name: string) => string> => {
  const { items } = await ask('rbac.roles.list', {}, { token });
  return (name) => items.find((role: { name: string }) => role.name === name).id;
};

const HOUR = 3600;

export const requestsScenarios: Scenarios = {
  async 'asking for a role for a while'(ask, { idOf, advance }) {
    const root = await tokenOf(ask, 'root');
    const roleId = await roleIdsOf(ask, root);
    const as = { token: await tokenOf(ask, 'zhao.min') };
    const fields = { role: 'Author', reason: '值班', duration: HOUR };
    const key = { 'idempotency-key': 'asked' };
    const { id } = await ask('rbac.requests.create', fields, { ...as, headers: key });
    await ask('rbac.requests.create', fields, { ...as, headers: key });
    await ask('rbac.requests.create', { ...fields, reason: 'x' }, { ...as, headers: key });
    await ask('rbac.requests.create', fields, as);
    for (const odd of [{ role: 'Editor' }, { role: 'Nobody' }, { duration: 899 }, { duration: 91 * 86_400 }])
      await ask('rbac.requests.create', { ...fields, ...odd }, as);
    await ask('rbac.requests.create', { ...fields, reason: '' }, as);
    await ask('rbac.requests.create', fields);
    await ask('rbac.requests.list', {}, as);
    await ask('rbac.requests.list', { whose: 'to_decide' }, as);
    await ask('rbac.requests.list', { status: 'declined', with_total: true }, as);
    await ask('rbac.requests.list', { whose: 'to_decide', with_total: true }, { token: root });
    for (const path of ['rbac.requests.approve', 'rbac.requests.decline'] as const) {
      await ask(path, { id }, as);
      await ask(path, { id: 'f'.repeat(24) }, { token: root });
    }
    await ask('rbac.requests.cancel', { id }, { token: root });
    await ask('rbac.requests.cancel', { id }, as);
    await ask('rbac.requests.cancel', { id }, as);
    await ask('rbac.requests.decline', { id }, { token: root });
    const byId = { ...fields, role: roleId('Author').toUpperCase() };
    const declined = await ask('rbac.requests.create', byId, as);
    await ask('rbac.requests.decline', { id: declined.id, comment: '不需要' }, { token: root });
    await ask('rbac.requests.approve', { id: declined.id }, { token: root });
    const { id: approved } = await ask('rbac.requests.create', { ...fields, duration: 960 }, as);
    await ask('rbac.requests.approve', { id: approved, comment: '好' }, { token: root });
    await ask('rbac.requests.approve', { id: approved }, { token: root });
    await ask('auth.me', undefined, as);
    const again = await signIn(ask, 'zhao.min');
    await ask('rbac.requests.create', fields, { token: again.access_token });
    await ask('rbac.requests.list', { limit: 2, with_total: true }, { token: again.access_token });
    await ask('rbac.requests.list', { status: 'approved' }, { token: again.access_token });
    await ask('rbac.requests.list', { whose: 'to_decide', status: 'approved' }, { token: root });
    await ask('users.get', { id: await idOf('zhao.min') }, { token: root });
    // Over by itself.
    advance(17 * MINUTE);
    await signIn(ask, 'zhao.min');
    const later = await tokenOf(ask, 'root');
    await ask('users.removeRole', { id: await idOf('zhao.min'), role_id: roleId('Author') }, { token: later });
  },

  async 'who may decide about a request'(ask, { advance }) {
    const root = await tokenOf(ask, 'root');
    const as = { token: root };
    const { items } = await ask('rbac.permissions.list', { limit: 100 }, as);
    const idOfPermission = (name: string): string => items.find((one: { name: string }) => one.name === name).id;
    const [manage, comment] = [idOfPermission('ROLE_MANAGE'), idOfPermission('COMMENT')];
    const make = (name: string, level: number, ...permission_ids: string[]): Promise<Answer> =>
      ask('rbac.roles.create', { name, display_name: name, level, permission_ids }, as);
    const [registrar, helper] = [await make('Registrar', 2, manage, comment), await make('Helper', 1, comment)];
    const { id: decider, token } = await makePerson(ask, root, 'registrar', [registrar.id]);
    const asker = await makePerson(ask, root, 'asker');
    const request = (role: string, by: string): Promise<Answer> =>
      ask('rbac.requests.create', { role, reason: 'x', duration: HOUR }, { token: by });
    const beyond = await request('Editor', asker.token);
    const fitting = await request('Helper', asker.token);
    const senior = await request('Helper', await tokenOf(ask, 'zhao.min'));
    // Who may grant a role, and edit its asker, decides; others do not see it.
    await ask('rbac.requests.list', { whose: 'to_decide', with_total: true }, { token });
    for (const { id } of [beyond, senior]) {
      await ask('rbac.requests.approve', { id }, { token });
      await ask('rbac.requests.decline', { id }, { token });
    }
    // What one has for a while one gives for no longer.
    const expires_at = new Date(Date.now() + 30 * 86_400_000);
    await ask('users.renewRole', { id: decider, role_id: registrar.id, expires_at }, as);
    const limited = await tokenOf(ask, 'registrar');
    await ask('users.assignRole', { id: asker.id, role_id: helper.id }, { token: limited });
    await ask('users.assignRole', { id: asker.id, role_id: helper.id, expires_at }, { token: limited });
    await ask('users.removeRole', { id: asker.id, role_id: helper.id }, { token: limited });
    await ask('rbac.roles.delete', { id: helper.id, reassign_to: registrar.id }, { token: limited });
    await ask('rbac.roles.update', { id: helper.id, version: 1, status: 'inactive' }, as);
    await ask('rbac.requests.approve', { id: fitting.id }, { token: limited });
    await request('Helper', await tokenOf(ask, 'second.root'));
    await ask('rbac.roles.update', { id: helper.id, version: 2, status: 'active' }, as);
    await ask('users.setStatus', { id: asker.id, status: 'inactive' }, as);
    await ask('rbac.requests.approve', { id: fitting.id }, { token: limited });
    await ask('users.setStatus', { id: asker.id, status: 'active' }, as);
    await ask('users.assignRole', { id: asker.id, role_id: helper.id }, as);
    await ask('rbac.requests.approve', { id: fitting.id }, { token: limited });
    await ask('users.removeRole', { id: asker.id, role_id: helper.id }, as);
    await ask('rbac.requests.approve', { id: fitting.id }, { token: limited });
    const admin = await request('Admin', await tokenOf(ask, 'asker'));
    advance(11 * MINUTE);
    await ask('rbac.requests.approve', { id: admin.id }, as);
    await ask('rbac.requests.decline', { id: admin.id }, as);
    const now = { token: await tokenOf(ask, 'root') };
    await ask('rbac.requests.decline', { id: senior.id }, now);
    // What was asked for goes with whoever asked.
    await ask('rbac.requests.list', { whose: 'to_decide', with_total: true }, now);
    for (const { id } of [{ id: decider }, asker]) await ask('users.delete', { id }, now);
    await ask('rbac.requests.decline', { id: beyond.id }, now);
    const open = await ask('rbac.requests.create', { role: 'Helper', reason: 'x', duration: HOUR }, now);
    await ask('rbac.roles.delete', { id: helper.id, force: true }, now);
    await ask('rbac.requests.list', {}, now);
    await ask('rbac.requests.approve', { id: open.id }, { token: await tokenOf(ask, 'second.root') });
    await ask('rbac.requests.cancel', { id: open.id }, now);
    await ask('rbac.roles.delete', { id: registrar.id }, now);
  },
};
