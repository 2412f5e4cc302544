// The form of a command of the command line.

export interface CommandCall {
  positionals: string[];
  json: boolean;
  /** The flags of the command that were given: `flags.has('now')` for `--now`. */
  flags: ReadonlySet<string>;
  /** What was given with a value: `values.from` for `--from <place>`. */
  values: Readonly<Partial<Record<string, string>>>;
  env: NodeJS.ProcessEnv;
  cwd: string;
}

export interface Command {
  name: string;
  /** As it is typed, without the program's name. */
  usage: string;
  summary: string;
  details?: readonly string[];
  /** Whether `--json` is known to it. */
  json?: boolean;
  /** What it knows besides, without the dashes: `--now` is a flag, … */
  flags?: readonly string[];
  /** … and `--from <place>` has a value. */
  values?: readonly string[];
  /** What is no option though it begins with a dash: an id may. */
  dashed?: RegExp;
  /** @returns the exit code */
  run(call: CommandCall): Promise<number>;
}

/** A call that makes no sense; answered with the command's help. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The sub-command, one of those named; the first of them when none was given. */
export function readAction<const T extends string>(call: CommandCall, actions: readonly [T, ...T[]]): T {
  const [given = actions[0], ...rest] = call.positionals;
  const action = actions.find((candidate) => candidate === given);
  if (action === undefined || rest.length > 0) {
    throw new UsageError(`Unknown: ${call.positionals.join(' ')}. Known here: ${actions.join(', ')}.`);
  }
  return action;
}

export function refusePositionals(call: CommandCall): void {
  if (call.positionals.length > 0) throw new UsageError(`Unknown: ${call.positionals.join(' ')}.`);
}
