// `authcenter audit`: the chain of the audit verified, or handed out as JSON lines, straight from the database.
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { connectDatabase, type Database } from '../../server/src/database/client.ts';
import { createAuditKeys } from '../../server/src/features/system/audit/keys.ts';
import { createAuditTrailRepository } from '../../server/src/features/system/audit/repository.ts';
import { exportAudit } from '../../server/src/features/system/audit/service.ts';
import { type VerifyDeps, verifyChain } from '../../server/src/features/system/audit/verify.ts';
import { AuditHead } from '../../shared/src/system/audit.ts';
import { withConfiguredSecrets } from '../dev/database-of-config.ts';
import { showVerification } from './audit-output.ts';
import { type Command, type CommandCall, UsageError } from './command.ts';

export const auditCommand: Command = {
  name: 'audit',
  usage: 'audit [verify [--head <block:hash>]|export [--from <time>] [--to <time>] [--out <file>]] [--json]',
  summary: 'Holds the audit against its seals, or writes it out as JSON lines with them',
  details: [
    '',
    '  verify  Finds lines that were altered, removed, inserted or moved, and blocks that are missing or forged. Whether the',
    '          newest were cut off shows only against a head that the server has logged (hourly, "the head of the audit',
    '          chain"): give it as --head. Lines of the last second are in no block yet, and are told of.',
    '  export  Whole blocks, each before its lines, then what is not sealed yet; as README.md describes. Times as in',
    '          2026-03-01T08:00:00Z; to standard output unless --out names a file.',
    '',
    '  The keys are those that the server has: audit.key, KEY_ENCRYPTION_KEY, and audit.previous_keys.',
    '  Without MONGODB_URI it is the database in AUTHCENTER_DATA_DIR: of the server that runs on it, or started for the command.',
    '  verify ends with 1 when something was tampered with.',
  ],
  json: true,
  values: ['head', 'from', 'to', 'out'],
  async run(call) {
    const act = readAct(call);
    let code = 0;
    await withConfiguredSecrets(call.env, call.cwd, async ({ config, secrets }) => {
      const database = await connectDatabase({ ...config.mongodb, max_query_time: config.performance.max_query_time });
      try {
        code = await act({ auditTrail: openTrail(database), auditKeys: createAuditKeys(config, secrets) });
      } finally {
        await database.close();
      }
    });
    return code;
  },
};

const openTrail = (database: Database) => createAuditTrailRepository(database);

type Act = (deps: VerifyDeps) => Promise<number>;

function readAct({ positionals, values, json }: CommandCall): Act {
  const [action = 'verify', ...rest] = positionals;
  if (rest.length > 0 || (action !== 'verify' && action !== 'export'))
    throw new UsageError(`Unknown: audit ${positionals.join(' ')}.`);
  const foreign = action === 'verify' ? ['from', 'to', 'out'] : ['head'];
  for (const name of foreign) if (values[name] !== undefined) throw new UsageError(`audit ${action} has no --${name}.`);
  if (action === 'export') {
    if (json) throw new UsageError('audit export writes JSON lines anyway, and has no --json.');
    const time = { from: readTime('from', values['from']), to: readTime('to', values['to']) };
    return (deps) => writeOut(deps, time, values['out']);
  }
  const { head } = values;
  if (head !== undefined && !AuditHead.safeParse(head).success)
    throw new UsageError('--head is a block and its hash, as the log has it: 12:…');
  return (deps) => verify(deps, head, json);
}

function readTime(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new UsageError(`--${name} is no time: ${text}. Write 2026-03-01T08:00:00Z.`);
  return time;
}

async function verify(deps: VerifyDeps, head: string | undefined, json: boolean): Promise<number> {
  const { isTTY } = process.stderr;
  const found = await verifyChain(deps, {
    head,
    onProgress: (block, lines) => {
      if (isTTY && block % 100 === 0) process.stderr.write(`\rblock ${block}, ${lines} lines`);
    },
  });
  if (isTTY) process.stderr.write('\r\u001b[K');
  console.log(json ? JSON.stringify(found, null, 2) : showVerification(found));
  return found.intact ? 0 : 1;
}

async function writeOut(
  deps: VerifyDeps,
  time: Parameters<typeof exportAudit>[1],
  out: string | undefined,
): Promise<number> {
  const lines = Readable.from(writeLines(deps, time));
  // Standard output stays open for what comes after.
  if (out === undefined) await pipeline(lines, process.stdout, { end: false });
  else await pipeline(lines, createWriteStream(out, { mode: 0o600 }));
  return 0;
}

async function* writeLines(deps: VerifyDeps, time: Parameters<typeof exportAudit>[1]): AsyncGenerator<string, void> {
  for await (const item of exportAudit(deps, time)) yield `${JSON.stringify(item)}\n`;
}
