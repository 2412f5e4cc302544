// Webhooks: made, told, failing, told again.
import { vi } from 'vitest';
import type { Answer } from '../../../support/server.ts';
import { soon } from '../../../support/soon.ts';
import { isSignedBy, startWebhookReceiver } from '../../../support/webhook-receiver.ts';
import { MINUTE, type Scenarios, tokenOf } from './scenario.ts';

export const webhooksScenarios: Scenarios = {
  async 'what webhooks are told'(ask, { advance, idOf }) {
    const receiver = await startWebhookReceiver();
    try {
      const token = await tokenOf(ask, 'root');
      const as = { token };
      const hear = (count: number) =>
        vi.waitFor(() => {
          if (receiver.received.length < count) throw new Error('not told yet');
        }, soon);
      const input = { url: receiver.url, events: ['user.*', 'role.created', 'session.*'], description: '人事' };
      const { webhook, secret } = await ask('system.webhooks.create', input, as);
      const { id } = webhook;
      await ask('system.webhooks.get', { id }, as);
      await ask('system.webhooks.list', { with_total: true }, as);
      const jim = await idOf('jim.green');
      const listDeliveries = (status?: string) =>
        ask('system.webhooks.deliveries', { id, ...(status === undefined ? {} : { status }) }, as);
      const settled = (status: string, count: number) =>
        vi.waitFor(async () => {
          const found = await quietly(status);
          if (found.length !== count || found.some((one) => one.last_attempt_at === null))
            throw new Error('not settled yet');
        }, soon);
      const noted = (isSo: (webhook: Answer) => boolean) =>
        vi.waitFor(async () => {
          if (!isSo(await ask.quietly('system.webhooks.get', { id }, as))) throw new Error('not noted yet');
        }, soon);
      // Asked again and again until it is so: no part of what is compared.
      const quietly = async (status: string): Promise<Answer[]> =>
        (await ask.quietly('system.webhooks.deliveries', { id, status }, as)).items;

      const jimsToken = await tokenOf(ask, 'jim.green');
      await ask('auth.logout', undefined, { token: jimsToken });
      await ask('users.setStatus', { id: jim, status: 'inactive' }, as);
      await ask('users.setStatus', { id: jim, status: 'active' }, as);
      const role = { name: 'Told Of', display_name: 'x', level: 1, permission_ids: [] };
      const { id: roleId } = await ask('rbac.roles.create', role, as);
      const expires_at = new Date(Date.now() + 20 * 60 * MINUTE);
      await ask('users.assignRole', { id: jim, role_id: roleId, expires_at }, as);
      await ask('users.removeRole', { id: jim, role_id: roleId }, as);
      await ask('rbac.roles.delete', { id: roleId }, as);
      await hear(7);
      const told = receiver.received.map(({ event }) => event);
      ask.note(
        'what was told',
        told.toSorted((a, b) => (JSON.stringify(a.type) < JSON.stringify(b.type) ? -1 : 1)),
      );
      ask.note(
        'signed',
        receiver.received.every((one) => isSignedBy(secret, one)),
      );
      await settled('delivered', 7);
      await listDeliveries();

      receiver.always(500);
      await ask('users.setStatus', { id: jim, status: 'locked' }, as);
      await settled('pending', 1);
      await listDeliveries('pending');
      const [delivery] = await quietly('pending');
      receiver.always(204);
      await ask('system.webhooks.replay', { id, delivery_id: delivery.id }, as);
      advance(6_000);
      await settled('delivered', 8);
      await noted(({ failing_since }) => failing_since === null);
      await ask('system.webhooks.get', { id }, as);
      receiver.received.length = 0;
      await ask('system.webhooks.replay', { id, delivery_id: delivery.id }, as);
      await hear(1);
      ask.note('the same event again', receiver.received[0]?.headers['webhook-id'] === delivery.event_id);
      await settled('delivered', 8);
      await ask('system.webhooks.replay', { id, since: new Date(0), only_failed: true }, as);
      await ask('system.webhooks.replay', { id, delivery_id: 'f'.repeat(24) }, as);
      await ask('system.webhooks.replay', { id }, as);

      const rotated = await ask('system.webhooks.rotateSecret', { id, keep_old_for: 3600 }, as);
      receiver.received.length = 0;
      await ask('users.setStatus', { id: jim, status: 'active' }, as);
      await hear(1);
      const [twice] = receiver.received;
      if (twice)
        ask.note(
          'by both',
          [secret, rotated.secret].map((one) => isSignedBy(one, twice)),
        );
      await settled('delivered', 9);

      receiver.always(410);
      await ask('users.setStatus', { id: jim, status: 'locked' }, as);
      await settled('failed', 1);
      await noted(({ enabled, failing_since }) => !enabled && failing_since !== null);
      const gone = await ask('system.webhooks.get', { id }, as);
      await ask('users.setStatus', { id: jim, status: 'active' }, as);
      await ask('system.webhooks.update', { id, version: 1, enabled: true }, as);
      await ask('system.webhooks.update', { id, version: gone.version, enabled: true, events: ['role.*'] }, as);
      await ask('system.webhooks.delete', { id }, as);
      await ask('system.webhooks.delete', { id }, as);
      await ask('system.webhooks.get', { id }, as);
    } finally {
      await receiver.close();
    }
  },

  async 'webhooks that are not to be'(ask, { advance }) {
    const as = { token: await tokenOf(ask, 'root') };
    const input = { url: 'https://hr.example.com/hooks', events: ['user.created'] };
    for (const odd of [
      { url: 'nonsense' },
      { url: 'ftp://hr.example.com' },
      { url: 'https://a:b@hr.example.com' },
      { events: [] },
      { events: ['user.born'] },
      { more: 1 },
    ])
      await ask('system.webhooks.create', { ...input, ...odd }, as);
    const nobody = { id: 'f'.repeat(24) };
    await ask('system.webhooks.update', { ...nobody, version: 1 }, as);
    await ask('system.webhooks.rotateSecret', nobody, as);
    await ask('system.webhooks.deliveries', nobody, as);
    await ask('system.webhooks.replay', { ...nobody, since: new Date(0) }, as);
    await ask('system.webhooks.create', input, { token: await tokenOf(ask, 'li.lei') });
    advance(11 * MINUTE);
    await ask('system.webhooks.create', input, as);
  },
};
