// `authcenter users`: people taken over from a file, and handed on to one.
import { type Command, UsageError } from './command.ts';
import { usersHelp } from './users-help.ts';

export const usersCommand: Command = {
  name: 'users',
  usage: 'users [import <file>|export [file]] [--format csv|jsonl] [--dry-run] [--strict] [--json]',
  summary: 'Takes people over from a file, or writes them to one',
  details: usersHelp,
  json: true,
  flags: ['dry-run', 'strict'],
  values: ['format'],
  async run(call) {
    const [action, file, ...rest] = call.positionals;
    if (rest.length > 0) throw new UsageError(`Unknown: ${rest.join(' ')}.`);
    // The server's code is read only where it is needed.
    if (action === 'import') return (await import('../users/run-import.ts')).runImport(call, file);
    if (action === 'export') return (await import('../users/run-export.ts')).runExport(call, file);
    throw new UsageError('Say what to do: users import <file>, or users export [file].');
  },
};
