// What a measurement answers, and how a whole run is written down: a table for people, JSON for programs.
import { availableParallelism, cpus, totalmem } from 'node:os';

export interface Target {
  readonly at: 'least' | 'most';
  readonly value: number;
}

export interface Row {
  readonly name: string;
  readonly value: number;
  /** Absent where a row is told and not judged. */
  readonly target?: Target;
  /** `×` for ratios, `ms`, `/s`, … */
  readonly unit: string;
  /** What the figure was made from, in a few words. */
  readonly from: string;
  /** The figures behind it, for the JSON file alone. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
  /** Why it was left out, or what ended it. */
  readonly note?: string;
}

export const atLeast = (value: number): Target => ({ at: 'least', value });
export const atMost = (value: number): Target => ({ at: 'most', value });

export const isMet = ({ value, target }: Row): boolean | null =>
  target === undefined ? null : target.at === 'least' ? value >= target.value : value <= target.value;

const figure = (value: number): string =>
  Number.isInteger(value) || Math.abs(value) >= 1000 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 100 ? 0 : 2);

function writeTarget({ target, unit }: Row): string {
  if (target === undefined) return '';
  return `${target.at === 'least' ? '≥' : '≤'} ${figure(target.value)} ${unit}`;
}

const mark = (row: Row): string => ({ true: '✓', false: '✗', null: ' ' })[String(isMet(row)) as 'true'];

export function printSection({ title, rows, note }: Section): string {
  const lines = rows.map((row) => [
    mark(row),
    row.name,
    `${figure(row.value)} ${row.unit}`,
    writeTarget(row),
    row.from,
  ]);
  const width = (index: number) => Math.max(0, ...lines.map((line) => line[index]?.length ?? 0));
  const [nameWidth, valueWidth, targetWidth] = [width(1), width(2), width(3)];
  const body = lines.map(([sign = '', name = '', value = '', target = '', from = '']) =>
    `  ${sign} ${name.padEnd(nameWidth)}  ${value.padStart(valueWidth)}  ${target.padEnd(targetWidth)}  ${from}`.trimEnd(),
  );
  return [title, ...body, ...(note === undefined ? [] : [`    ${note}`])].join('\n');
}

/** The run as JSON, with the machine it ran on. */
export function writeReport(suite: string, sections: readonly Section[], startedAt: Date): string {
  const report = {
    suite,
    started_at: startedAt.toISOString(),
    seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    machine: {
      node: process.version,
      cores: availableParallelism(),
      cpu: cpus()[0]?.model ?? 'unknown',
      memory_mb: Math.round(totalmem() / 2 ** 20),
    },
    sections: sections.map(({ rows, ...section }) => ({
      ...section,
      rows: rows.map((row) => ({ ...row, met: isMet(row) })),
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
