// Roles and permissions of one’s own.
import { MINUTE, type Scenarios, signIn, tokenOf } from './scenario.ts';

export const rolesScenarios: Scenarios = {
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
};
