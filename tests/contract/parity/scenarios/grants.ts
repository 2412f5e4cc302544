// Roles given, for a while and for good.
import { MINUTE, type Scenarios, signIn, tokenOf } from './scenario.ts';

export const grantsScenarios: Scenarios = {
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
};
