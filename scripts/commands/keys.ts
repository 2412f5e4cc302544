// `authcenter keys`: the ring as it is, rotation, revocation, and the change of the key-encryption key.
import { connectDatabase } from '../../server/src/database/client.ts';
import { readDatabaseClock } from '../../server/src/database/clock.ts';
import { createKeyManagement, type KeyManagement } from '../../server/src/key-management.ts';
import { KEY_USES, type KeyUse } from '../../server/src/platform/keys/repository.ts';
import { withConfiguredSecrets } from '../dev/database-of-config.ts';
import { type Command, type CommandCall, UsageError } from './command.ts';
import { keysHelp } from './keys-help.ts';
import { showKeys, showRevocation, showRewrapped, showRotations } from './keys-output.ts';

export const keysCommand: Command = {
  name: 'keys',
  usage: 'keys [list|rotate [access|refresh]|revoke <kid>|rewrap] [--now] [--json]',
  summary:
    'Shows the signing keys, rotates or revokes them, or re-encrypts secrets after a change of KEY_ENCRYPTION_KEY',
  details: keysHelp,
  json: true,
  flags: ['now'],
  // One id in 64 begins so; they have 22 or 43 characters.
  dashed: /^-[\w-]{21,42}$/,
  async run(call) {
    const act = readAct(call);
    let code = 0;
    await withConfiguredSecrets(call.env, call.cwd, async ({ config, secrets }) => {
      const database = await connectDatabase({ ...config.mongodb, max_query_time: config.performance.max_query_time });
      try {
        const clock = await readDatabaseClock(database);
        code = await act(createKeyManagement(database, { config, secrets, clock }));
      } finally {
        await database.close();
      }
    });
    return code;
  },
};

type Act = (keys: KeyManagement) => Promise<number>;

function readAct({ positionals, json, flags }: CommandCall): Act {
  const now = flags.has('now');
  const [action = 'list', argument, ...rest] = positionals;
  const wrong = (why: string) => new UsageError(`${why}: keys ${positionals.join(' ')}.`);
  if (rest.length > 0) throw wrong('Unknown');
  if (now && action !== 'rotate') throw wrong('--now goes with rotate alone');
  if (action === 'rotate') {
    const uses = KEY_USES.filter((use) => argument === undefined || use === argument);
    if (uses.length === 0) throw wrong('There are keys for access and refresh');
    return (keys) => rotate(keys, uses, now, json);
  }
  if (action === 'revoke') {
    if (argument === undefined) throw wrong('Which one? (keys list shows them)');
    return (keys) => revoke(keys, argument, json);
  }
  if (argument !== undefined) throw wrong('Unknown');
  if (action === 'list') return async (keys) => print(await keys.list(), showKeys, json);
  if (action === 'rewrap') return (keys) => rewrap(keys, json);
  throw wrong('Unknown');
}

async function rotate(keys: KeyManagement, uses: readonly KeyUse[], now: boolean, json: boolean): Promise<number> {
  const rotations = await keys.rotate({ uses, immediately: now });
  print(rotations, showRotations, json);
  return rotations.some(({ outcome }) => outcome === 'published' || outcome === 'signing') ? 0 : 1;
}

async function revoke(keys: KeyManagement, kid: string, json: boolean): Promise<number> {
  const revocation = await keys.revoke(kid);
  if (revocation) return print(revocation, showRevocation, json);
  console.error(`There is no key ${kid} that could be revoked; keys list shows them.`);
  return 1;
}

async function rewrap(keys: KeyManagement, json: boolean): Promise<number> {
  const results = await keys.rewrap(({ place, resealed, current }) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${place}: ${resealed + current}`);
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  print(results, showRewrapped, json);
  return results.every(({ unreadable, changed }) => unreadable + changed === 0) ? 0 : 1;
}

function print<T>(value: T, show: (value: T) => string, json: boolean): number {
  console.log(json ? JSON.stringify(value, null, 2) : show(value));
  return 0;
}
