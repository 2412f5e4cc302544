// Who comes in at all, and what does not fit.
import { MINUTE, type Scenarios, signIn, tokenOf } from './scenario.ts';

export const enteringScenarios: Scenarios = {
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
};
