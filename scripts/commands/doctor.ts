// `authcenter doctor`: what is wrong with this installation, and how to mend it.
import { ConfigError } from '../../server/src/config.ts';
import { examine } from '../../server/src/doctor/examine.ts';
import { bad, type Diagnosis } from '../../server/src/doctor/finding.ts';
import { withConfiguredSecrets } from '../dev/database-of-config.ts';
import { type Command, type CommandCall, refusePositionals } from './command.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  usage: 'doctor [--json]',
  summary: 'Tells what is wrong with this installation, and how to mend it; changes nothing',
  details: [
    '',
    '  Looks at the configuration, the database, its schema, keys, administrators, what waits to be sent, and the ways out.',
    '  Exit code 1 when something fails; warnings do not count.',
    '  Without MONGODB_URI it is the database in AUTHCENTER_DATA_DIR: of the server that runs on it, or started for the command.',
  ],
  json: true,
  async run(call) {
    refusePositionals(call);
    const found = await examineConfigured(call);
    console.log(call.json ? JSON.stringify({ ok: isWell(found), checks: found }, null, 2) : write(found));
    return isWell(found) ? 0 : 1;
  },
};

const isWell = (found: readonly Diagnosis[]): boolean => found.every(({ state }) => state !== 'fail');

async function examineConfigured({ env, cwd }: CommandCall): Promise<readonly Diagnosis[]> {
  try {
    let found: readonly Diagnosis[] = [];
    await withConfiguredSecrets(env, cwd, async (loaded) => {
      found = await examine(loaded);
    });
    return found;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ key, where, message, mend }) =>
      bad('configuration', `${key} (${where}): ${message}`, mend),
    );
  }
}

function write(found: readonly Diagnosis[]): string {
  const width = Math.max(...found.map(({ check }) => check.length));
  const lines = found.flatMap(({ check, state, message, mend }) => [
    `${state.padEnd(4)}  ${check.padEnd(width)}  ${message}`,
    ...(mend === undefined ? [] : [`${''.padEnd(width + 8)}${mend}.`]),
  ]);
  const count = (state: Diagnosis['state']) => found.filter((one) => one.state === state).length;
  const summary = `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed.`;
  return [...lines, '', summary].join('\n');
}
