// People as JSON lines: one object a line.
import type { TransferLine } from '../../server/src/features/users/transfer/export.ts';
import type { SourceLine } from '../../server/src/features/users/transfer/import.ts';

const LONGEST_LINE = 65_536;

export async function* readJsonLines(text: AsyncIterable<string>): AsyncGenerator<SourceLine> {
  let line = 0;
  for await (const written of splitLines(text)) {
    line++;
    if (written.trim() !== '') yield { line, fields: readObject(written) };
  }
}

async function* splitLines(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of text) {
    const lines = `${rest}${piece}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new Error('A line is longer than 64 KB: is this a file of JSON lines?');
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function readObject(written: string): SourceLine['fields'] {
  let value: unknown;
  try {
    value = JSON.parse(written.replace(/^\uFEFF/, ''));
  } catch {
    return { unreadable: 'is no JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { unreadable: 'is no JSON object' };
  return value as Record<string, unknown>;
}

export async function* writeJsonLines(lines: AsyncIterable<TransferLine>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}
