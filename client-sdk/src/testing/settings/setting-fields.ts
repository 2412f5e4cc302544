// The kinds of value that a run-time setting may have, read and bounded as the server's configuration has them.
import type { SettingValue } from '@authcenter/shared/schemas';

export interface SettingField<T> {
  /** What may be given, as the server says it. */
  readonly mend: string;
  readonly bounds: {
    readonly min?: number | string;
    readonly max?: number | string;
    readonly options?: string[];
  };
  /** Undefined when it cannot be taken. */
  read(raw: SettingValue): T | undefined;
  /** As it is written. */
  print(value: T): SettingValue | null;
}

export const integer = (min: number, max: number): SettingField<number> => ({
  mend: `Give a whole number from ${min} to ${max}`,
  bounds: { min, max },
  read: (raw) => (typeof raw === 'number' && Number.isInteger(raw) && raw >= min && raw <= max ? raw : undefined),
  print: (value) => value,
});

/** One that need not be set. */
export const maybe = <T>(field: SettingField<T>): SettingField<T | null> => ({
  ...field,
  print: (value) => (value === null ? null : field.print(value)),
});

export const flag: SettingField<boolean> = {
  mend: 'Give true or false',
  bounds: {},
  read: (raw) => (typeof raw === 'boolean' ? raw : undefined),
  print: (value) => value,
};

export const choice = <const T extends string>(...options: readonly T[]): SettingField<T> => ({
  mend: `Give one of ${options.join(', ')}`,
  bounds: { options: [...options] },
  read: (raw) => options.find((option) => option === raw),
  print: (value) => value,
});

/** In its largest unit that leaves nothing over it is written. */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;
const LENGTHS = new Map<string | undefined, number>([['ms', 1], ...UNITS, ['w', 7 * 86_400_000]]);

function readDuration(raw: SettingValue): number | undefined {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/.exec(String(raw)) ?? [];
  const value = Number(count) * (LENGTHS.get(unit) ?? Number.NaN);
  return Number.isInteger(value) ? value : undefined;
}

/** A duration with its unit; read it is milliseconds. */
export function duration(min: string, max: string): SettingField<number> {
  const [least, most] = [readDuration(min) ?? 0, readDuration(max) ?? 0];
  return {
    mend: `Give a duration with its unit, such as 30s, 15m, 168h or 90d, from ${min} to ${max}`,
    bounds: { min, max },
    read: (raw) => {
      const value = readDuration(raw);
      return value !== undefined && value >= least && value <= most ? value : undefined;
    },
    print: (value) => {
      const [unit, length] = UNITS.find(([, one]) => value % one === 0) ?? ['ms', 1];
      return `${value / length}${unit}`;
    },
  };
}

export const rate: SettingField<string> = {
  mend: 'Give a number and a unit of time, such as 600/m (s, m, h or d)',
  bounds: {},
  read: (raw) => (typeof raw === 'string' && /^[1-9]\d{0,8}\/[smhd]$/.test(raw) ? raw : undefined),
  print: (value) => value,
};

/** @param pattern - of each item */
export const list = (pattern: RegExp, mend: string): SettingField<readonly string[]> => ({
  mend,
  bounds: {},
  read: (raw) => (Array.isArray(raw) && raw.every((item) => pattern.test(item)) ? raw : undefined),
  print: (value) => [...value],
});
