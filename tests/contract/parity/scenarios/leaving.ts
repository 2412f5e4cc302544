// Leaving, and who may not.
import { type Scenarios, signIn, tokenOf } from './scenario.ts';

export const leavingScenarios: Scenarios = {
  async leaving(ask) {
    const [one, other] = [await signIn(ask, 'chen.jing'), await signIn(ask, 'chen.jing')];
    const root = { token: await tokenOf(ask, 'root') };
    await ask('auth.account.delete');
    await ask('auth.account.delete', undefined, { token: one.access_token });
    for (const { access_token, refresh_token } of [one, other]) {
      await ask('auth.me', undefined, { token: access_token });
      await ask('auth.refresh', { refresh_token });
    }
    await ask('users.get', { id: one.user.id }, root);
    const readTerm = async () =>
      ask.note('due', (await ask.quietly('users.export', { id: one.user.id }, root)).account.deletion_due_at);
    await readTerm();
    await ask('auth.login', { username: 'chen.jing', password: 'wrong' });
    await readTerm();
    const { access_token } = await signIn(ask, 'chen.jing');
    await readTerm();
    await ask('auth.me', undefined, { token: access_token });
  },

  async 'administrators who leave'(ask, { idOf }) {
    const [root, second] = [await signIn(ask, 'root'), await signIn(ask, 'second.root')];
    await ask('auth.account.delete', undefined, { token: second.access_token });
    await ask('auth.account.delete', undefined, { token: root.access_token });
    await ask('users.setStatus', { id: await idOf('root'), status: 'inactive' }, { token: root.access_token });
    await ask('users.delete', { id: await idOf('root') }, { token: root.access_token });
    await ask('auth.me', undefined, { token: root.access_token });
    await signIn(ask, 'second.root');
  },
};
