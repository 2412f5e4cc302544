#!/usr/bin/env node
// The command line: finds the command, reads its options, prints help, turns errors into exit codes.
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { explainStartError } from '../server/src/start-error.ts';
import { type Command, type CommandCall, UsageError } from './commands/command.ts';
import { generatedCommands } from './commands/generated.ts';

/** By name; each is loaded when it is called, since some of them load the whole server. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  dev: async () => (await import('./commands/dev.ts')).devCommand,
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand,
  admin: async () => (await import('./commands/admin.ts')).adminCommand,
  users: async () => (await import('./commands/users.ts')).usersCommand,
  keys: async () => (await import('./commands/keys.ts')).keysCommand,
  audit: async () => (await import('./commands/audit.ts')).auditCommand,
  config: async () => (await import('./commands/config.ts')).configCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  'check-consistency': async () => (await import('./commands/check-consistency.ts')).checkConsistencyCommand,
  contract: async () => (await import('./commands/contract.ts')).contractCommand,
  fakes: async () => (await import('./commands/fakes.ts')).fakesCommand,
  ...Object.fromEntries(generatedCommands.map((command) => [command.name, async () => command])),
  reference: async () => (await import('./commands/sdk-reference.ts')).referenceCommand,
};

const exitCodes = `Exit codes: 0 done, 1 failed (the reason is printed), 2 wrong call.`;

async function writeOverview(): Promise<string> {
  const all = await Promise.all(Object.values(commands).map((load) => load()));
  const width = Math.max(...all.map((command) => command.usage.length));
  return [
    'Usage: authcenter <command> [options]',
    '',
    ...all.map((command) => `  ${command.usage.padEnd(width)}  ${command.summary}`),
    '',
    '  --help  explains a command; --json, where it is named, prints what a program may read.',
    '',
    exitCodes,
  ].join('\n');
}

const writeHelp = (command: Command): string =>
  [`Usage: authcenter ${command.usage}`, '', command.summary, ...(command.details ?? []), '', exitCodes].join('\n');

async function main(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(await writeOverview());
    return name === undefined ? 2 : 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    console.error(`There is no command "${name}".\n\n${await writeOverview()}`);
    return 2;
  }
  const command = await load();
  try {
    const { flags, values, positionals } = readOptions(command, rest);
    if (flags.has('help')) {
      console.log(writeHelp(command));
      return 0;
    }
    return await command.run({ positionals, json: flags.has('json'), flags, values, env, cwd: process.cwd() });
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\n\n${writeHelp(command)}`);
      return 2;
    }
    console.error(explainStartError(error, { env }));
    return 1;
  }
}

/** Only what the command declares is known. */
function readOptions(command: Command, args: readonly string[]): Pick<CommandCall, 'flags' | 'values' | 'positionals'> {
  const known: Record<string, { type: 'boolean' | 'string'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
    ...(command.json ? { json: { type: 'boolean' } } : {}),
  };
  for (const name of command.flags ?? []) known[name] = { type: 'boolean' };
  for (const name of command.values ?? []) known[name] = { type: 'string' };
  const isDashed = (argument: string) => command.dashed?.test(argument) ?? false;
  const { values, positionals } = parse(
    args.filter((argument) => !isDashed(argument)),
    known,
  );
  const given = Object.entries(values);
  return {
    flags: new Set(given.flatMap(([name, value]) => (value === true ? [name] : []))),
    values: Object.fromEntries(given.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
    positionals: [...positionals, ...args.filter(isDashed)],
  };
}

function parse(args: string[], options: NonNullable<ParseArgsConfig['options']>) {
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

// Whoever reads the output may stop reading (`… | head`); that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const code = await main(process.argv.slice(2), process.env);
// A pipe takes a long text piece by piece; leaving before that would cut it.
await new Promise<void>((written) => process.stdout.write('', () => written()));
process.exit(code);
