// `authcenter users export`: everybody, written to a file or to the standard output.
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exportUsers, type TransferLine } from '../../server/src/features/users/transfer/export.ts';
import { recordSystemAct } from '../../server/src/platform/audit.ts';
import { type CommandCall, UsageError } from '../commands/command.ts';
import { chooseFormat } from './format.ts';
import { withPeople } from './open.ts';

export async function runExport(call: CommandCall, path: string | undefined): Promise<number> {
  if (call.flags.size > 0 && (call.flags.has('dry-run') || call.flags.has('strict')))
    throw new UsageError('--dry-run and --strict go with import.');
  const format = chooseFormat(call.values['format'], path);
  if (path === undefined && call.json) throw new UsageError('With --json name the file to write.');
  return withPeople(call, async (place) => {
    let users = 0;
    async function* counted(lines: AsyncIterable<TransferLine>) {
      for await (const line of lines) {
        users++;
        yield line;
      }
    }
    await writeAll(format.write(counted(exportUsers(place))), path);
    const act = { act: 'users.exported', target: { kind: 'users', id: null }, details: { users } };
    await place.transact((tx) => recordSystemAct(place, tx, act));
    if (path !== undefined)
      console.log(call.json ? JSON.stringify({ file: path, users }, null, 2) : `${users} users are in ${path}.`);
    return 0;
  });
}

/** A file comes to be whole, and for its owner alone: it is full of names and numbers. */
async function writeAll(text: AsyncIterable<string>, path: string | undefined): Promise<void> {
  if (path === undefined) {
    for await (const piece of text) process.stdout.write(piece);
    return;
  }
  const part = `${path}.part`;
  try {
    await pipeline(Readable.from(text), createWriteStream(part, { mode: 0o600 }));
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
