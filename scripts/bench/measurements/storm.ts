// A thousand password sign-ins at once: what everybody else notices of it, how the refused are told, and that in the end all get in.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Persistence, StormInput, Wave } from '../children/storm.ts';
import { startChild } from '../harness/child.ts';
import type { Lab } from '../harness/lab.ts';
import { judgeQuickCalls, prepareQuickCalls } from '../harness/quick-calls.ts';
import { atLeast, atMost, type Section } from '../harness/report.ts';
import { percentile } from '../harness/statistics.ts';
import { COST } from './sign-in.ts';

export async function measureStorm(lab: Lab): Promise<Section> {
  const size = lab.short ? 200 : 1000;
  const server = await lab.startServer({ cost: COST });
  const crowd = await startChild<null>('storm.ts');
  const bare = await startChild<{ rest: string }>('bare.ts');
  const quick = await prepareQuickCalls(server);
  try {
    const input: StormInput = { url: server.url, users: await server.createUsers(size) };
    const before = quick.start();
    await sleep(lab.short ? 2000 : 5000);
    const calm = await before.finish();

    const duringWave = quick.start();
    const wave = await crowd.ask<Wave>('sendOneWave', input);
    const inWave = await duringWave.finish();

    const bareWave = await crowd.ask<Wave>('sendOneWave', { ...input, url: bare.ready.rest, path: '/answer' });

    const duringRetries = quick.start();
    const persistence = await crowd.ask<Persistence>('persistWithSdk', input);
    const inRetries = await duringRetries.finish();

    const others = Object.values(wave.others).reduce((sum, count) => sum + count, 0);
    const refused = Object.entries(persistence.statuses).filter(([status]) => status === '429' || status === '503');
    const otherErrors = Object.entries(persistence.statuses)
      .filter(([status]) => Number(status) >= 500 && status !== '503')
      .reduce((sum, [, count]) => sum + count, 0);
    return {
      title: `${size} password sign-ins at once, cost ${COST}`,
      rows: [
        ...judgeQuickCalls('quick calls before', calm).filter(({ target }) => target === undefined),
        ...judgeQuickCalls('quick calls during one wave', inWave),
        {
          name: 'refusals of the wave: p99',
          value: percentile(wave.refusals, 99),
          unit: 'ms',
          target: atMost(50),
          from: `${wave.successes.length} signed in, ${wave.refusals.length} refused with Retry-After, p50 ${percentile(wave.refusals, 50).toFixed(1)} ms, in ${wave.seconds.toFixed(1)} s`,
        },
        {
          name: 'the same wave against bare Fastify: p99',
          value: percentile(bareWave.successes, 99),
          unit: 'ms',
          from: `p50 ${percentile(bareWave.successes, 50).toFixed(1)} ms, a constant answer`,
        },
        {
          name: 'answers of the wave that are neither',
          value: others,
          unit: '',
          target: atMost(0),
          from: JSON.stringify(wave.others),
        },
        {
          name: 'signed in by the SDK’s own retries',
          value: persistence.signedIn,
          unit: '',
          target: atLeast(size),
          from: `in ${persistence.seconds.toFixed(1)} s, ${persistence.requests} requests, ${refused.map(([status, count]) => `${count} × ${status}`).join(', ')} ${JSON.stringify(persistence.failures)}`,
        },
        { name: 'other 5xx meanwhile', value: otherErrors, unit: '', target: atMost(0), from: '' },
        ...judgeQuickCalls('quick calls during the retries', inRetries),
      ],
    };
  } finally {
    quick.close();
    await crowd.stop();
    await bare.stop();
    await server.stop();
  }
}
