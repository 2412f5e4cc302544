// What applications go by: tokens, keys, their own credentials, the feed.
import { decodeJwt } from 'jose';
import { vi } from 'vitest';
import type { Answer } from '../../../support/server.ts';
import { soon } from '../../../support/soon.ts';
import { MINUTE, type Scenarios, signIn, tokenOf } from './scenario.ts';

export const applicationsScenarios: Scenarios = {
  async 'what a token is worth'(ask, { advance, idOf }) {
    const [{ access_token: token }, admin] = [await signIn(ask, 'han.meimei'), await tokenOf(ask, 'root')];
    await ask('auth.verify', { token });
    await ask('auth.verify', { token, resource: 'knowledge', action: 'READ' });
    await ask('auth.verify', { token, resource: 'user', action: 'READ' });
    await ask('auth.verify', { token, resource: 'user' });
    await ask('auth.verify', { token: 'nonsense' });
    await ask('auth.forward', {}, { token });
    await ask('auth.forward', { resource: 'knowledge', action: 'read' }, { token });
    await ask('auth.forward', { resource: 'user', action: 'READ' }, { token });
    await ask('auth.forward', {});
    await ask('users.update', { id: await idOf('han.meimei'), email: 'other@example.com' }, { token: admin });
    await ask('auth.verify', { token });
    await ask('users.update', { id: await idOf('han.meimei'), email: 'han.meimei@example.com' }, { token: admin });
    const other = await signIn(ask, 'han.meimei');
    await ask('auth.logout', undefined, { token: other.access_token });
    await ask('auth.verify', { token: other.access_token });
    advance(16 * MINUTE);
    await ask('auth.verify', { token: other.access_token });
  },

  async 'API keys'(ask) {
    const { access_token: token } = await signIn(ask, 'li.lei');
    const scopes = ['KNOWLEDGE_READ', 'knowledge_base:create'];
    const { key, api_key } = await ask('auth.apiKeys.create', { name: 'nightly', scopes, expires_at: null }, { token });
    await ask('auth.apiKeys.create', { name: 'x', scopes: ['user:READ', 'no:THING', 'NOTHING'] }, { token });
    await ask('auth.apiKeys.create', { name: 'x', scopes, expires_at: new Date(0) }, { token });
    await ask('auth.me', undefined, { token: key });
    await ask('auth.verify', { token: key, resource: 'knowledge', action: 'CREATE' });
    await ask('auth.forward', { resource: 'knowledge', action: 'DELETE' }, { token: key });
    await ask('auth.forward', {}, { token: key });
    await ask('auth.sessions.list', {}, { token: key });
    await ask('rbac.check', { permission: 'knowledge:READ' }, { token: key });
    await ask('auth.apiKeys.revoke', { id: api_key.id }, { token });
    await ask('auth.apiKeys.revoke', { id: api_key.id }, { token });
    await ask('auth.me', undefined, { token: key });
  },

  async applications(ask, { idOf }) {
    const token = await tokenOf(ask, 'root');
    const scopes = ['rbac:check', 'users:read', 'feed:read'];
    const { client_id, client_secret, client } = await ask(
      'system.clients.create',
      { name: 'Reports', kind: 'service', scopes, audiences: ['https://reports.example.com'] },
      { token },
    );
    await ask('system.clients.create', { name: 'Shop', kind: 'spa' }, { token });
    await ask(
      'system.clients.create',
      { name: 'Shop', kind: 'spa', scopes, redirect_uris: ['http://shop.example.com'] },
      { token },
    );
    const grant = { grant_type: 'client_credentials', client_id, client_secret };
    const own = (await ask('auth.token', grant)).access_token;
    ask.note('claims of a client', Object.keys(decodeJwt(own)).sort());
    await ask('auth.token', { ...grant, scope: 'rbac:check' });
    await ask('auth.token', { ...grant, scope: 'everything' });
    await ask('auth.token', { ...grant, client_secret: 'wrong' });
    await ask('auth.token', { ...grant, client_id: 'f'.repeat(24) });
    await ask('auth.token', { grant_type: 'password', client_id, client_secret });
    await ask('auth.token', { grant_type: 'authorization_code', client_id, client_secret });
    await ask('rbac.check', { user_id: await idOf('li.lei'), permission: 'SEARCH' }, { token: own });
    await ask('rbac.check', { permission: 'SEARCH' }, { token: own });
    await ask('users.get', { id: await idOf('li.lei') }, { token: own });
    await ask('users.list', {}, { token: own });
    await ask('auth.me', undefined, { token: own });
    await ask('auth.forward', {}, { token: own });
    await ask('auth.verify', { token: own });
    await ask('system.clients.update', { id: client_id, version: client.version, name: 'Reports 2' }, { token });
    await ask('system.clients.update', { id: client_id, version: client.version, name: 'Reports 3' }, { token });
    await ask('system.clients.get', { id: client_id }, { token });
    const rotated = await ask('system.clients.rotateSecret', { id: client_id, keep_old_for: 0 }, { token });
    await ask('auth.token', grant);
    await ask('rbac.check', { user_id: await idOf('li.lei'), permission: 'SEARCH' }, { token: own });
    const fresh = await ask('auth.token', { ...grant, client_secret: rotated.client_secret });
    await ask('system.clients.delete', { id: client_id }, { token });
    await ask('system.clients.delete', { id: client_id }, { token });
    await ask('auth.forward', {}, { token: fresh.access_token });
  },

  async 'the revocation feed'(ask, { url, idOf }) {
    const token = await tokenOf(ask, 'root');
    const service = { name: 'Follower', kind: 'service', scopes: ['feed:read'] };
    const { client_id, client_secret } = await ask('system.clients.create', service, { token });
    const grant = { grant_type: 'client_credentials', client_id, client_secret };
    const { access_token } = await ask('auth.token', grant);
    const read = async (cursor?: string): Promise<Answer> => {
      const query = cursor === undefined ? '' : `?cursor=${cursor}`;
      const headers = { authorization: `Bearer ${access_token}` };
      return (await fetch(`${url}/api/v1/auth/revocations${query}`, { headers })).json();
    };
    const listTypes = ({ records }: Answer): string[] =>
      [...new Set<string>(records.map(({ type }: { type: string }) => type))].sort();
    const all = await read();
    ask.note('all there is', [Object.keys(all).sort(), all.reset, listTypes(all)]);
    const id = await idOf('jim.green');
    await signIn(ask, 'jim.green');
    await ask('users.setStatus', { id, status: 'inactive' }, { token });
    await ask('users.setStatus', { id, status: 'active' }, { token });
    const news = await vi.waitFor(async () => {
      const batch = await read(all.cursor);
      if (batch.records.length < 3) throw new Error('not heard of yet');
      return batch;
    }, soon);
    ask.note('what came after', [news.reset, listTypes(news)]);
    ask.note('of the user', news.records.findLast(({ type }: { type: string }) => type === 'user').id === id);
    await ask('system.clients.delete', { id: client_id }, { token });
    ask.note('nobody any more', (await read(all.cursor)).code);
  },
};
