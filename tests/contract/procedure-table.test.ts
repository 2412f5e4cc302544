// The table that the SDK's fake server is driven by is what the declarations say.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PROCEDURES } from '../../client-sdk/src/testing/procedures.ts';
import { renderProcedureTable } from '../../scripts/commands/procedure-table.ts';
import { listProcedures } from '../../server/src/http/procedures.ts';

const file = new URL('../../client-sdk/src/testing/procedures.ts', import.meta.url);

test('the committed table is fresh', () => {
  expect(readFileSync(file, 'utf8')).toBe(renderProcedureTable());
});

test('it has every procedure, with the very schemas that the server checks by', () => {
  const declared = new Map(listProcedures().map((entry) => [entry.path, entry]));
  expect(Object.keys(PROCEDURES).sort()).toEqual([...declared.keys()].sort());
  for (const [path, { input }] of Object.entries(PROCEDURES)) {
    const { input: own } = declared.get(path) ?? {};
    // Where the input may be absent both wrap the same schema, or one without fields.
    if (!('unwrap' in input)) expect(input, path).toBe(own);
  }
});
