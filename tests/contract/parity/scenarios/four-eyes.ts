// Roles that take two people, and no way around that by one.
import { makePerson, type Scenarios, signIn, tokenOf } from './scenario.ts';

const HOUR = 3600;

export const fourEyesScenarios: Scenarios = {
  async 'roles that take two people'(ask) {
    const [root, second] = [await tokenOf(ask, 'root'), await tokenOf(ask, 'second.root')];
    const as = { token: root };
    const { items } = await ask('rbac.permissions.list', { limit: 100 }, as);
    const manage: string = items.find((one: { name: string }) => one.name === 'ROLE_MANAGE').id;
    const fields = { name: 'Keeper', display_name: 'x', level: 3, permission_ids: [manage] };
    const { id: role_id } = await ask('rbac.roles.create', fields, as);
    await ask('rbac.roles.update', { id: role_id, version: 1, name: 'Warden' }, as);
    await ask('rbac.roles.update', { id: role_id, version: 1, description: 'y' }, as);
    const { id, token } = await makePerson(ask, root, 'kept.out');
    // No one alone gives it, by whatever way.
    await ask('users.assignRole', { id, role_id }, as);
    await ask('rbac.simulate', { change: 'grant.assign', user_id: id, role_id }, as);
    const email = 'x@example.com';
    await ask('users.create', { username: 'x.y', email, role_ids: [role_id] }, as);
    const other = await ask('rbac.roles.create', { ...fields, name: 'Other' }, as);
    await ask('rbac.roles.delete', { id: other.id, reassign_to: role_id }, as);
    await ask('rbac.simulate', { change: 'role.delete', role_id: other.id, reassign_to: role_id }, as);
    await ask('rbac.roles.delete', { id: other.id }, as);
    const request = { role: 'Keeper', reason: '交接', duration: HOUR };
    const { id: asked } = await ask('rbac.requests.create', request, { token });
    await ask('rbac.requests.approve', { id: asked, comment: '一' }, as);
    await ask('rbac.requests.approve', { id: asked }, as);
    await ask('rbac.requests.list', {}, { token });
    await ask('users.get', { id }, as);
    await ask('rbac.requests.approve', { id: asked, comment: '二' }, { token: second });
    await ask('users.get', { id }, as);
    // For longer it takes two as well; for shorter, and away, one.
    await ask('users.renewRole', { id, role_id, expires_at: null }, as);
    const soon = new Date(Date.now() + 86_400_000);
    await ask('users.renewRole', { id, role_id, expires_at: soon }, as);
    await ask('users.removeRole', { id, role_id }, as);
    // An approval counts as long as whoever gave it may still grant the role.
    const { id: next } = await ask('rbac.requests.create', request, { token: await tokenOf(ask, 'kept.out') });
    await ask('rbac.requests.approve', { id: next }, { token: second });
    const { user } = await signIn(ask, 'second.root');
    await ask('users.setStatus', { id: user.id, status: 'inactive' }, as);
    // Whoever switches the others off is not alone by that.
    await ask('users.assignRole', { id, role_id }, as);
    await ask('rbac.requests.approve', { id: next }, as);
    await ask('users.setStatus', { id: user.id, status: 'active' }, as);
    await ask('rbac.requests.decline', { id: next, comment: 'x' }, as);
    const { items: roles } = await ask('rbac.roles.list', {}, as);
    const admin: string = roles.find((role: { name: string }) => role.name === 'Admin').id;
    // A single administrator makes a second keeper.
    await ask('users.removeRole', { id: user.id, role_id: admin }, as);
    await ask('users.assignRole', { id, role_id }, as);
    await ask('users.assignRole', { id: user.id, role_id: admin }, as);
    await ask('users.delete', { id }, as);
    await ask('rbac.roles.delete', { id: role_id }, as);
  },
};
