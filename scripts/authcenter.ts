#!/usr/bin/env node
// The command line: finds the command, reads its options, prints help, turns errors into exit codes.
import { parseArgs } from 'node:util';
import { explainStartError } from '../server/src/start-error.ts';
import { type Command, UsageError } from './commands/command.ts';
import { configCommand } from './commands/config.ts';
import { devCommand } from './commands/dev.ts';
import { generatedCommands } from './commands/generated.ts';
import { migrateCommand } from './commands/migrate.ts';

const commands: readonly Command[] = [devCommand, migrateCommand, configCommand, ...generatedCommands];

const exitCodes = `Exit codes: 0 done, 1 failed (the reason is printed), 2 wrong call.`;

function writeOverview(): string {
  const width = Math.max(...commands.map((command) => command.usage.length));
  return [
    'Usage: authcenter <command> [options]',
    '',
    ...commands.map((command) => `  ${command.usage.padEnd(width)}  ${command.summary}`),
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
    console.log(writeOverview());
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    console.error(`There is no command "${name}".\n\n${writeOverview()}`);
    return 2;
  }
  try {
    const { values, positionals } = readOptions(command, rest);
    if (values.help) {
      console.log(writeHelp(command));
      return 0;
    }
    return await command.run({ positionals, json: values.json ?? false, env, cwd: process.cwd() });
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\n\n${writeHelp(command)}`);
      return 2;
    }
    console.error(explainStartError(error, { env }));
    return 1;
  }
}

function readOptions(command: Command, args: readonly string[]) {
  const help = { type: 'boolean', short: 'h' } as const;
  const json = { type: 'boolean' } as const;
  let parsed: { values: { help?: boolean; json?: boolean }; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options: { help, json } });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (parsed.values.json && !command.json) throw new UsageError(`${command.name} has no --json.`);
  return parsed;
}

// Whoever reads the output may stop reading (`… | head`); that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

const code = await main(process.argv.slice(2), process.env);
// A pipe takes a long text piece by piece; leaving before that would cut it.
await new Promise<void>((written) => process.stdout.write('', () => written()));
process.exit(code);
