// The formats that people are taken over and handed on in, by name or by the file's ending.

import type { TransferLine } from '../../server/src/features/users/transfer/export.ts';
import type { SourceLine } from '../../server/src/features/users/transfer/import.ts';
import { UsageError } from '../commands/command.ts';
import { readCsv, writeCsv } from './csv.ts';
import { readJsonLines, writeJsonLines } from './json-lines.ts';

export interface Format {
  /** @param text - the file's text, piece by piece */
  read(text: AsyncIterable<string>): AsyncIterable<SourceLine>;
  write(lines: AsyncIterable<TransferLine>): AsyncIterable<string>;
}

const FORMATS: Readonly<Record<string, Format>> = {
  csv: { read: readCsv, write: writeCsv },
  jsonl: { read: readJsonLines, write: writeJsonLines },
};

/** @throws UsageError for a name or an ending that says nothing */
export function chooseFormat(named: string | undefined, file: string | undefined): Format {
  const ending = file && /\.(csv|jsonl|ndjson)$/i.exec(file)?.[1]?.toLowerCase().replace('ndjson', 'jsonl');
  const format = FORMATS[named ?? ending ?? ''];
  if (format) return format;
  throw new UsageError(named === undefined ? 'Say which --format: csv or jsonl.' : `There is no format ${named}.`);
}
