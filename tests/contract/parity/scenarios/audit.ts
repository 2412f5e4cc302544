// What is on record of all that the scenarios before did, and what the statistics make of it.
import type { Answer } from '../../../support/server.ts';
import { MINUTE, type Scenarios, tokenOf } from './scenario.ts';

/** What the server does when it finds the time, it may not have done yet. */
const isOfSomebody = ({ actor }: Answer): boolean => actor.kind !== 'system';

/** Blocks are sealed in the server's own time. */
const withoutSeal = ({ block: _, ...line }: Answer) => line;

export const auditScenarios: Scenarios = {
  async 'what was done'(ask, { url }) {
    const token = await tokenOf(ask, 'root');
    const headers = { authorization: `Bearer ${token}` };
    const lines: Answer[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: Answer = await (await fetch(`${url}/api/v1/audit-logs?limit=100${query}`, { headers })).json();
      lines.push(...page.items.filter(isOfSomebody));
      cursor = page.next_cursor;
    }
    for (const [index, line] of lines.toReversed().entries()) ask.note(`line ${index}`, withoutSeal(line));
  },

  async 'reading the audit'(ask, { idOf }) {
    const as = { token: await tokenOf(ask, 'root') };
    const id = await idOf('chen.jing');
    await ask('users.update', { id, profile: { department: '研发' } }, as);
    await ask('auth.login', { username: 'chen.jing', password: 'wrong' });
    const list = async (filter: object): Promise<Answer> => {
      const { items, next_cursor } = await ask.quietly('system.audit.list', filter, as);
      ask.note(JSON.stringify(Object.keys(filter)), [
        items.filter(isOfSomebody).map(withoutSeal),
        next_cursor !== null,
      ]);
      return items;
    };
    await list({ target_id: id, limit: 2 });
    await list({ act: 'users.', target_id: id });
    await list({ act: 'auth.login', outcome: 'failure', target_id: id, limit: 1 });
    await list({ actor_id: await idOf('root'), target_id: id });
    const [line] = await list({ target_id: id, limit: 1 });
    await list({ request_id: line.request_id });
    await list({ to: new Date(0) });
    for (const odd of [{ act: 'x y' }, { actor_id: '' }, { cursor: 'nonsense' }, { outcome: 'maybe' }, { more: 1 }])
      await ask('system.audit.list', odd, as);
    await ask('system.audit.verify', { from: 0 }, as);
    const { intact, problems } = await ask.quietly('system.audit.verify', {}, as);
    ask.note('in order', [intact, problems]);
    for (const path of ['system.audit.list', 'system.audit.verify', 'system.audit.export'] as const)
      await ask(path, {}, { token: await tokenOf(ask, 'li.lei') });
  },

  async 'handing out the audit'(ask, { url }) {
    const headers = { authorization: `Bearer ${await tokenOf(ask, 'root')}` };
    const response = await fetch(`${url}/api/v1/audit-logs/export`, { headers });
    ask.note('as', [response.status, response.headers.get('content-type')]);
    const lines: Answer[] = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const items = lines.filter(({ kind, line }) => kind === 'line' && isOfSomebody(line));
    ask.note(
      'the newest line',
      items.slice(-1).map(({ seal: _, ...item }) => item),
    );
    const none = await fetch(`${url}/api/v1/audit-logs/export?to=1970-01-02T00:00:00Z`, { headers });
    ask.note('before all time', [none.status, await none.text()]);
    await ask('system.audit.export', { from: 'yesterday' }, { token: await tokenOf(ask, 'root') });
    await ask('system.audit.export');
  },

  async 'what happened by the day'(ask, { advance }) {
    const as = { token: await tokenOf(ask, 'root') };
    const read = async (input: object) => {
      const { total, buckets, active_sessions, ...stats } = await ask.quietly('system.stats', input, as);
      // Each server adds up its verifications once a minute.
      const { verifications: _, ...counts } = total;
      ask.note(JSON.stringify(Object.keys(input)), { ...stats, counts, active_sessions, buckets: buckets.length });
    };
    await read({});
    await read({ by: 'hour', time_zone: 'Asia/Shanghai' });
    await read({
      time_zone: 'America/New_York',
      from: new Date('2026-03-01T00:00:00Z'),
      to: new Date('2026-04-01T03:00:00Z'),
    });
    await read({
      by: 'hour',
      time_zone: 'Asia/Kathmandu',
      from: new Date('2026-03-01T00:00:00Z'),
      to: new Date('2026-03-02T03:00:00Z'),
    });
    const to = new Date('2026-01-01T00:00:00Z');
    for (const odd of [{ from: to, to }, { from: new Date(0), to }, { time_zone: 'Moon/Crater' }, { by: 'week' }])
      await ask('system.stats', odd, as);
    await ask('system.stats', {}, { token: await tokenOf(ask, 'li.lei') });
    advance(MINUTE);
  },
};
