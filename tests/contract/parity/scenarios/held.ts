// What is held on people: invitations, what applications keep with them, and all of it in one piece.
import { password } from '../stage.ts';
import { type Scenarios, signIn, tokenOf } from './scenario.ts';

const NOBODY = 'f'.repeat(24);

export const heldScenarios: Scenarios = {
  async invitations(ask, { readMail, idOf }) {
    const as = { token: await tokenOf(ask, 'root') };
    const own = 'a horse of course 9';
    const create = (fields: object) => ask('users.create', fields, as);
    const accept = (token: string) => ask('auth.password.reset', { token, new_password: own });
    const first = await create({ username: 'invited.1', email: 'invited.1@example.com' });
    const { token } = await readMail('invited.1@example.com');
    await ask('auth.login', { magic_token: token });
    await ask('auth.password.reset', { token, new_password: 'short' });
    await accept(token);
    await accept(token);
    await ask('users.invite', { id: first.id }, as);
    await ask('auth.login', { username: 'invited.1', password: own });

    const second = await create({ username: 'invited.2', email: 'invited.2@example.com' });
    const old = await readMail('invited.2@example.com');
    await ask('users.update', { id: second.id, email: 'moved.2@example.com' }, as);
    await accept(old.token);
    await ask('users.invite', { id: second.id }, as);
    await accept((await readMail('moved.2@example.com')).token);
    await ask('users.get', { id: second.id }, as);

    const third = await create({ username: 'invited.3', phone: '13800138301' });
    const { token: bySms } = await readMail('+8613800138301');
    await accept(bySms);
    await ask('auth.login', { username: 'invited.3', password: own });

    const fourth = await create({ username: 'invited.4', phone: '13800138302' });
    await ask('users.update', { id: fourth.id, phone: null }, as);
    await ask('users.invite', { id: fourth.id }, as);
    await ask('users.setStatus', { id: fourth.id, status: 'locked' }, as);
    await ask('users.invite', { id: fourth.id }, as);

    await ask('users.invite', { id: NOBODY }, as);
    await ask('users.invite', { id: await idOf('lin.tao') }, as);
    await ask('users.invite', { id: fourth.id }, { token: await tokenOf(ask, 'lin.tao') });
    for (const { id } of [first, second, third, fourth]) await ask('users.delete', { id }, as);
  },

  async 'what applications keep'(ask, { idOf }) {
    const admin = { token: await tokenOf(ask, 'root') };
    const id = await idOf('lin.tao');
    const open = async (name: string, scope: string) => {
      const made = await ask('system.clients.create', { name, kind: 'service', scopes: [scope] }, admin);
      const { client_id, client_secret } = made;
      const grant = { grant_type: 'client_credentials', client_id, client_secret };
      return { id: client_id as string, as: { token: (await ask('auth.token', grant)).access_token } };
    };
    const [hr, shop, reader] = [
      await open('HR', 'users:metadata'),
      await open('Shop 2', 'users:metadata'),
      await open('Reader', 'users:read'),
    ];
    await ask('users.metadata.get', { id }, hr.as);
    await ask('users.metadata.set', { id, metadata: { 工号: 'A-7', manager: { id: 3, tags: ['x', null] } } }, hr.as);
    await ask('users.metadata.set', { id, metadata: { cart: 1 } }, shop.as);
    await ask('users.metadata.get', { id }, hr.as);
    await ask('users.metadata.set', { id, metadata: {} }, hr.as);
    await ask('users.metadata.get', { id }, hr.as);
    await ask('users.metadata.get', { id }, shop.as);
    await ask('users.metadata.set', { id, metadata: { text: '汉'.repeat(2731) } }, hr.as);
    await ask('users.metadata.set', { id, metadata: [] }, hr.as);
    await ask('users.metadata.set', { id: NOBODY, metadata: {} }, hr.as);
    await ask('users.metadata.get', { id: NOBODY }, hr.as);
    for (const other of [reader.as, admin, { token: await tokenOf(ask, 'lin.tao') }, {}]) {
      await ask('users.metadata.get', { id }, other);
      await ask('users.metadata.set', { id, metadata: {} }, other);
    }
    const { metadata } = await ask.quietly('users.export', { id }, admin);
    ask.note('kept', [Object.values(metadata), metadata[shop.id]]);
    await ask('users.metadata.set', { id, metadata: {} }, shop.as);
    for (const client of [hr, shop, reader]) await ask('system.clients.delete', { id: client.id }, admin);
  },

  async 'all that is held on somebody'(ask, { idOf, readMail }) {
    const as = { token: await tokenOf(ask, 'root') };
    const person = { username: 'held.one', email: 'held.one@example.com', password, name: '何德' };
    const { user, refresh_token } = await ask('auth.register', person);
    const { id } = user;
    await ask('auth.email.verify', { token: (await readMail(person.email)).token });
    const { access_token: token } = await ask('auth.refresh', { refresh_token });
    // Of notices only the real one sends any, when it finds the time.
    const show = async (by: { readonly token: string }) => {
      const { notices: _, ...held } = await ask.quietly('users.export', { id }, by);
      ask.note('held', held);
    };
    const other = await signIn(ask, 'held.one');
    await ask('auth.logout', { refresh_token: other.refresh_token });
    await ask('auth.apiKeys.create', { name: 'Sync', scopes: ['knowledge:READ'] }, { token });
    await ask('users.update', { id, profile: { department: '研发' } }, as);
    await show({ token });
    await ask('auth.login', { username: 'held.one', password: 'wrong' });
    await ask('users.setStatus', { id, status: 'active' }, as);
    await show(as);
    await ask('users.export', { id: NOBODY }, as);
    await ask('users.export', { id: await idOf('root') }, { token });
    await ask('users.export', { id });
    await ask('auth.refresh', { refresh_token });
    const lin = await tokenOf(ask, 'lin.tao');
    await ask('users.export', { id }, { token: lin });
    await ask('users.delete', { id }, as);
  },
};
