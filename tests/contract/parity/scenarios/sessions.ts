// Sessions: refreshed, ended, proven again.
import { password } from '../stage.ts';
import { MINUTE, type Scenarios, signIn } from './scenario.ts';

export const sessionsScenarios: Scenarios = {
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
};
