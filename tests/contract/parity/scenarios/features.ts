// What applications read from roles.
import { MINUTE, type Scenarios, tokenOf } from './scenario.ts';

export const featuresScenarios: Scenarios = {
  async 'features of roles'(ask, { advance }) {
    const root = await tokenOf(ask, 'root');
    const as = { token: root };
    const fields = { name: 'Prompter', display_name: 'x', level: 1, permission_ids: [] };
    const { id, version } = await ask('rbac.roles.create', fields, as);
    await ask('rbac.roles.features.get', { id }, as);
    await ask('rbac.roles.features.get', { id: 'f'.repeat(24) }, as);
    const features = { PROMPTS: { USE: true, CREATE: false } };
    await ask('rbac.roles.features.set', { id, version, features }, as);
    await ask('rbac.roles.features.set', { id, version, features }, as);
    await ask('rbac.roles.features.set', { id: 'f'.repeat(24), version, features }, as);
    await ask('rbac.roles.features.set', { id, version: 2, features: { prompts: {} } }, as);
    await ask('rbac.roles.get', { id }, as);
    const editor = await tokenOf(ask, 'zhao.min');
    await ask('rbac.roles.features.get', { id }, { token: editor });
    await ask('rbac.roles.features.set', { id, version: 2, features: {} }, { token: editor });
    await ask('rbac.roles.features.set', { id, version: 2, features: {} }, as);
    await ask('rbac.roles.features.get', { id }, as);
    advance(11 * MINUTE);
    await ask('rbac.roles.features.set', { id, version: 3, features }, as);
    await ask('rbac.roles.delete', { id }, as);
  },
};
