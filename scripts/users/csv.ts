// People as CSV: a header with the names of the fields, roles separated by `;`, and cells that no spreadsheet takes for a formula.
import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { stringify } from 'csv-stringify';
import type { TransferLine } from '../../server/src/features/users/transfer/export.ts';
import type { SourceLine } from '../../server/src/features/users/transfer/import.ts';
import { IMPORT_FIELDS, TRANSFER_FIELDS } from '../../server/src/features/users/transfer/line.ts';

/** What goes wrong before the last step is told by it: whoever reads it hears of it. */
function join<Step extends NodeJS.ReadWriteStream>(source: AsyncIterable<unknown>, step: Step): Step {
  pipeline(Readable.from(source), step, () => undefined);
  return step;
}

/** What a spreadsheet would run, and what is therefore written behind a quote (OWASP: CSV injection). */
const QUOTED_FORMULA = /^'(?=[=+\-@\t\r])/;

export async function* readCsv(text: AsyncIterable<string>): AsyncGenerator<SourceLine> {
  const rows = join(
    text,
    parse({
      bom: true,
      columns: readHeader,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 65_536,
    }),
  );
  for await (const { record, info } of rows) {
    // A record may span lines: it is told by its last.
    const line = Number(info.lines);
    yield info.error
      ? { line, fields: { unreadable: 'has more or fewer cells than the header' } }
      : { line, fields: readRow(record) };
  }
}

function readHeader(cells: readonly string[]): string[] {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  if (names.includes('password'))
    throw new Error('The column password is not taken over in clear: give password_hash, or leave it out.');
  const unknown = names.filter((name) => !IMPORT_FIELDS.some((field) => field === name));
  if (unknown.length > 0)
    throw new Error(
      `Unknown columns: ${unknown.map((name) => JSON.stringify(name)).join(', ')}. Known: ${IMPORT_FIELDS.join(', ')}.`,
    );
  if (new Set(names).size < names.length) throw new Error('A column stands there twice.');
  return names;
}

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false };

function readRow(row: Readonly<Record<string, string>>): Record<string, unknown> {
  const said = Object.entries(row).map(([name, cell]) => [name, cell.trim().replace(QUOTED_FORMULA, '')] as const);
  return Object.fromEntries(
    said
      .filter(([, cell]) => cell !== '')
      .map(([name, cell]) => {
        if (name === 'roles') return [name, cell.split(';').map((role) => role.trim())];
        return [name, name.endsWith('_verified') ? (BOOLEANS[cell.toLowerCase()] ?? cell) : cell];
      }),
  );
}

/** With a mark at its beginning, or spreadsheets read Chinese as they please. */
export async function* writeCsv(lines: AsyncIterable<TransferLine>): AsyncGenerator<string> {
  const rows = join(
    toRows(lines),
    stringify({ bom: true, header: true, columns: [...TRANSFER_FIELDS], escape_formulas: true }),
  );
  for await (const piece of rows) yield String(piece);
}

async function* toRows(lines: AsyncIterable<TransferLine>) {
  for await (const line of lines)
    yield TRANSFER_FIELDS.map((field) => {
      const value = line[field];
      return Array.isArray(value) ? value.join(';') : String(value ?? '');
    });
}
