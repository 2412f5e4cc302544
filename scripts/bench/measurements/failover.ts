// How long nobody gets anything done when the primary of three nodes is killed, with MongoDB's own election times; and that nothing is lost by it.
import { setTimeout as sleep } from 'node:timers/promises';
import { findBrokenPromises, startCrashLoad } from '../../../tests/support/crash-load.ts';
import { startReplicaSet } from '../../../tests/support/replica-set.ts';
import { createInstallation } from '../../../tests/support/server-process.ts';
import type { Lab } from '../harness/lab.ts';
import { atMost, type Section } from '../harness/report.ts';

const CLIENTS = 8;

export async function measureFailover(lab: Lab): Promise<Section> {
  const set = await startReplicaSet(lab.short ? { electionTimeoutMs: 1_000 } : {});
  const server = await createInstallation({ mongoUri: set.uri });
  try {
    await server.start();
    const load = await startCrashLoad(server.url, CLIENTS);
    const reach = async (count: number) => {
      while (load.done() < count) await sleep(50);
    };
    await reach(200);
    const calm = load.longestPause();
    await set.killPrimary();
    const before = load.done();
    await reach(before + 200);
    const pause = load.longestPause();
    await load.finish();
    const broken = await findBrokenPromises(server.url, load.ledger, load.roleId);
    return {
      title: 'The primary of three nodes is killed under load',
      rows: [
        {
          name: 'longest time without a success',
          value: pause / 1000,
          unit: 's',
          target: atMost(15),
          from: `${load.done()} acts of ${CLIENTS} clients, ${load.refusals().length} told to try again; before it ${calm.toFixed(0)} ms`,
        },
        {
          name: 'acknowledged and lost',
          value: broken.length,
          unit: '',
          target: atMost(0),
          from: broken.slice(0, 3).join('; '),
        },
      ],
    };
  } finally {
    await server.kill();
    await set.stop();
  }
}
