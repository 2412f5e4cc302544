// `authcenter check-consistency`: recomputes every copy of a name and every count, and tells or repairs what differs.
import { type ConsistencyReport, checkConsistency, repairConsistency } from '../../server/src/consistency.ts';
import { connectDatabase } from '../../server/src/database/client.ts';
import { readDatabaseClock } from '../../server/src/database/clock.ts';
import { withConfiguredDatabase } from '../dev/database-of-config.ts';
import { type Command, refusePositionals } from './command.ts';

export const checkConsistencyCommand: Command = {
  name: 'check-consistency',
  usage: 'check-consistency [--repair] [--json]',
  summary: 'Compares what is held twice (names in grants and roles, counts) with its source, or makes it true',
  details: [
    '',
    '  --repair  makes true what differs, and has changes tried again that could not be copied. Servers may be running.',
    '',
    '  Exit code 0: all is consistent, if need be after the repair. 1: something differs.',
    '  Without MONGODB_URI it is the database in AUTHCENTER_DATA_DIR: of the server that runs on it, or started for the command.',
  ],
  json: true,
  flags: ['repair'],
  async run(call) {
    refusePositionals(call);
    const repair = call.flags.has('repair');
    let code = 0;
    await withConfiguredDatabase(call.env, call.cwd, async (config) => {
      const database = await connectDatabase({ ...config.mongodb, max_query_time: config.performance.max_query_time });
      const progress = showProgress();
      try {
        const check = () => checkConsistency(database, (copy) => progress.show(`checking ${copy}`));
        const found = await check();
        let report = found;
        if (repair && !found.consistent) {
          let copied = 0;
          const tell = (copies: number) => {
            copied += copies;
            progress.show(`repairing: ${copied} copied`);
          };
          progress.show('repairing');
          await repairConsistency(database, tell, await readDatabaseClock(database));
          report = await check();
        }
        progress.end();
        const repaired = repair ? { found: found.copies } : {};
        console.log(call.json ? JSON.stringify({ ...report, ...repaired }, null, 2) : showReport(report, found));
        code = report.consistent ? 0 : 1;
      } finally {
        progress.end();
        await database.close();
      }
    });
    return code;
  },
};

function showReport({ copies, parked, consistent }: ConsistencyReport, found: ConsistencyReport): string {
  const width = Math.max(...copies.map(({ copy }) => copy.length));
  const lines = copies.flatMap(({ copy, differing, where }, index) => {
    const before = found.copies[index]?.differing ?? 0;
    const state = differing > 0 ? `${differing} differ` : before > 0 ? `${before} repaired` : 'consistent';
    return [`${copy.padEnd(width)}  ${state}`, ...where.map((place) => `  ${place}`)];
  });
  if (parked > 0) lines.push(`${parked} changes could not be copied and are parked; --repair has them tried again.`);
  return [...lines, '', consistent ? 'All copies are true.' : 'Some copies are not true.'].join('\n');
}

/** One line that is written over, for a person who waits. */
function showProgress() {
  let shown = false;
  return {
    show(text: string) {
      if (!process.stderr.isTTY) return;
      process.stderr.write(`\r\u001b[K${text}`);
      shown = true;
    },
    end() {
      if (shown) process.stderr.write('\r\u001b[K');
      shown = false;
    },
  };
}
