// What is wrong with a configuration, said so that a reader can mend it.

/** Something wrong at a key, before it is known where the key was set. */
export interface Finding {
  key: string;
  message: string;
  mend: string;
}

export interface Problem extends Finding {
  /** `file:line`, or the name of the environment variable. */
  where: string;
}

export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.map(({ key, where, message, mend }) => `  ${key} (${where}): ${message}. ${mend}.`);
    super(
      [`The configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:`, ...lines].join('\n'),
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
