// Who may do what, and why.
import { type Scenarios, tokenOf } from './scenario.ts';

export const checksScenarios: Scenarios = {
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
};
