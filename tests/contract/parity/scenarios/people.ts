// People: read, changed, made, removed.
import { password } from '../stage.ts';
import { type Scenarios, signIn, tokenOf } from './scenario.ts';

export const peopleScenarios: Scenarios = {
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
};
