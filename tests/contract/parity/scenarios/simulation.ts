// What a change would do, before it is made: who gains and loses, and whether the caller may make it.
import type { Answer } from '../../../support/server.ts';
import { MINUTE, makePerson, type Scenarios, tokenOf } from './scenario.ts';

export const simulationScenarios: Scenarios = {
  async 'simulating changes of one user'(ask, { idOf, advance }) {
    const token = await tokenOf(ask, 'root');
    const as = { token };
    const { items } = await ask('rbac.roles.list', {}, as);
    const roleId = (name: string): string => items.find((role: { name: string }) => role.name === name).id;
    const nobody = 'f'.repeat(24);
    const { id } = await ask('users.create', { username: 'imagined', email: 'imagined@example.com' }, as);
    const [own, editor] = [await idOf('root'), await idOf('zhao.min')];
    const simulate = (input: object, options: { token: string } = as) => ask('rbac.simulate', input, options);
    const assign = { change: 'grant.assign', user_id: id, role_id: roleId('Author') };
    await simulate(assign);
    await simulate({ ...assign, role_id: roleId('User') });
    await simulate({ ...assign, expires_at: new Date(Date.now() + 86_400_000) });
    await simulate({ ...assign, expires_at: new Date(0) });
    await simulate({ ...assign, user_id: nobody });
    await simulate({ ...assign, role_id: nobody });
    const remove = { change: 'grant.remove', user_id: editor, role_id: roleId('Editor') };
    await simulate(remove);
    await simulate({ ...remove, role_id: roleId('Author') });
    await simulate({ ...remove, role_id: nobody });
    await simulate({ ...remove, user_id: own, role_id: roleId('Admin') });
    for (const status of ['locked', 'active']) {
      await simulate({ change: 'user.status', user_id: editor, status });
      await simulate({ change: 'user.status', user_id: own, status });
    }
    await simulate({ change: 'user.delete', user_id: id });
    await simulate({ change: 'user.status', user_id: id, status: 'active', role_id: nobody });
    await simulate({ change: 'user.status', user_id: id, status: 'locked' }, { token: await tokenOf(ask, 'zhao.min') });
    // The last lasting administrator.
    const other = await idOf('second.root');
    await ask('users.setStatus', { id: other, status: 'inactive' }, as);
    await simulate({ ...remove, user_id: own, role_id: roleId('Admin') });
    await simulate({ change: 'user.status', user_id: own, status: 'inactive' });
    await simulate({ change: 'user.status', user_id: other, status: 'active' });
    await ask('users.setStatus', { id: other, status: 'active' }, as);
    // No fresh proof is asked for.
    advance(11 * MINUTE);
    await simulate({ ...assign, role_id: roleId('Admin') });
    await ask('users.delete', { id }, as);
  },

  async 'simulating changes of roles'(ask, { idOf }) {
    const token = await tokenOf(ask, 'root');
    const as = { token };
    const { items } = await ask('rbac.permissions.list', { limit: 100 }, as);
    const idOfPermission = (name: string): string => items.find((one: { name: string }) => one.name === name).id;
    const [manage, search, tag] = [
      idOfPermission('TAG_MANAGE'),
      idOfPermission('SEARCH'),
      idOfPermission('TAG_CREATE'),
    ];
    const { items: roles } = await ask('rbac.roles.list', {}, as);
    const roleId = (name: string): string => roles.find((role: { name: string }) => role.name === name).id;
    const make = (name: string, level: number, ...permission_ids: string[]): Promise<Answer> =>
      ask('rbac.roles.create', { name, display_name: name, level, permission_ids }, as);
    const [painter, heir] = [await make('Painter', 2, tag), await make('Sculptor', 1, search)];
    const invoice = await ask(
      'rbac.permissions.create',
      { name: 'INVOICE_PAY', resource: 'invoice', action: 'PAY' },
      as,
    );
    await ask('rbac.roles.addPermissions', { id: painter.id, permission_ids: [invoice.id] }, as);
    const people: Answer[] = [];
    for (const username of ['painter.a', 'painter.b']) {
      const fields = {
        username,
        email: `${username}@example.com`,
        role_ids: [painter.id],
        profile: { name: username },
      };
      people.push(await ask('users.create', fields, as));
    }
    const simulate = (input: object, options: { token: string } = as) => ask('rbac.simulate', input, options);
    const update = { change: 'role.update', role_id: painter.id };
    const changes = [
      { status: 'inactive' },
      { status: 'active', level: 2 },
      { level: 1 },
      { level: 9 },
      { add_permission_ids: [manage, search, tag] },
      { remove_permission_ids: [tag, invoice.id] },
      { add_permission_ids: [manage], remove_permission_ids: [tag], status: 'inactive' },
      { remove_permission_ids: [search] },
      { add_permission_ids: ['f'.repeat(24)] },
      { remove_permission_ids: ['f'.repeat(24)] },
      {},
    ];
    for (const one of changes) await simulate({ ...update, ...one });
    await simulate({ ...update, role_id: 'f'.repeat(24) });
    await simulate({ ...update, name: 'x' });
    const admin = { ...update, role_id: roleId('Admin') };
    for (const one of [{ status: 'inactive' }, { level: 1 }, { remove_permission_ids: [tag] }])
      await simulate({ ...admin, ...one });
    await simulate({ ...update, role_id: roleId('Editor'), level: 1 });
    const removal = { change: 'role.delete', role_id: painter.id };
    await simulate(removal);
    await simulate({ ...removal, reassign_to: heir.id });
    await simulate({ ...removal, reassign_to: painter.id });
    await simulate({ ...removal, reassign_to: 'f'.repeat(24) });
    await simulate({ ...removal, role_id: roleId('Editor') });
    await simulate({ change: 'permission.delete', permission_id: invoice.id });
    await simulate({ change: 'permission.delete', permission_id: manage });
    await simulate({ change: 'permission.delete', permission_id: 'f'.repeat(24) });
    await simulate(update, { token: await tokenOf(ask, 'zhao.min') });
    // Numbers are for whoever may change roles; names, for those who may read users.
    const keeper = await make('Role keeper', 2, idOfPermission('ROLE_MANAGE'), tag, invoice.id);
    const limited = await makePerson(ask, token, 'role.keeper', [keeper.id]);
    people.push(limited);
    await simulate({ ...update, status: 'inactive' }, limited);
    await simulate({ ...update, add_permission_ids: [search] }, limited);
    await simulate({ ...removal, reassign_to: heir.id }, limited);
    await simulate({ change: 'user.status', user_id: people[0].id, status: 'locked' }, limited);
    await simulate({ change: 'grant.remove', user_id: people[0].id, role_id: painter.id }, limited);
    await simulate({ change: 'grant.assign', user_id: await idOf('zhao.min'), role_id: painter.id }, limited);
    await simulate({ change: 'permission.delete', permission_id: invoice.id }, limited);
    for (const { id } of people) await ask('users.delete', { id }, as);
    await ask('rbac.permissions.delete', { id: invoice.id }, as);
    for (const { id } of [painter, heir, keeper]) await ask('rbac.roles.delete', { id }, as);
  },
};
