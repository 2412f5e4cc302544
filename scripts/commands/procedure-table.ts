// The table of procedures that the SDK's fake server is driven by, written as TypeScript: schemas by their names in the contract.
import type { z } from 'zod';
import { type AccessRule, readAccess } from '../../server/src/access.ts';
import { listProcedures, type ProcedureEntry } from '../../server/src/http/procedures.ts';
import * as contract from '../../shared/src/schemas.ts';

/** Of two names of one schema the later in the alphabet, however a module's exports are ordered. */
const names = new Map<unknown, string>(
  Object.entries(contract)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [value, name]),
);

/** @throws Error for a schema that the contract does not export */
function writeSchema(schema: z.core.$ZodType, path: string): string {
  const name = names.get(schema);
  if (name !== undefined) return `contract.${name}`;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional') return `${writeSchema(def.innerType, path)}.optional()`;
  if (def.type === 'prefault')
    return `${writeSchema(def.innerType, path)}.prefault(${JSON.stringify(def.defaultValue)})`;
  if (def.type === 'object' && Object.keys(def.shape).length === 0) return 'z.strictObject({})';
  if (def.type === 'void') return 'null';
  throw new Error(`${path}: export its schema from shared/, so that it has a name`);
}

const quote = (text: string): string => `'${text}'`;
const list = (items: readonly string[]): string => `[${items.join(', ')}]`;

function writeAccess(rule: AccessRule): string {
  const fields = [
    rule.isPublic && 'public: true',
    rule.session && 'session: true',
    rule.apiKey && 'apiKey: true',
    rule.anyClient && 'anyClient: true',
    rule.scopes.length > 0 && `scopes: ${list(rule.scopes.map(quote))}`,
    rule.pairs.length > 0 &&
      `pairs: ${list(rule.pairs.map(({ resource, action }) => `{ resource: '${resource}', action: '${action}' }`))}`,
    rule.selfFields.length > 0 && `selfFields: ${list(rule.selfFields.map(quote))}`,
    rule.ticketFields.length > 0 && `ticketFields: ${list(rule.ticketFields.map(quote))}`,
  ].filter((field) => field !== false);
  const line = `access: { ${fields.join(', ')} },`;
  // As the formatter breaks it.
  return line.length <= 116
    ? `    ${line}`
    : ['    access: {', ...fields.map((field) => `      ${field},`), '    },'].join('\n');
}

function writeEntry({ path, type, method, restPath, declaration, input, output, item }: ProcedureEntry): string[] {
  const { access, status = 200, form, stepUp, idempotent, produces } = declaration;
  return [
    path.includes('.') ? `  '${path}': {` : `  ${path}: {`,
    `    type: '${type}',`,
    `    method: '${method}',`,
    `    restPath: '${restPath}',`,
    `    status: ${status},`,
    writeAccess(readAccess(access)),
    ...(form ? ['    form: true,'] : []),
    ...(stepUp ? ['    stepUp: true,'] : []),
    ...(idempotent ? ['    idempotent: true,'] : []),
    ...(produces ? [`    produces: '${produces}',`] : []),
    `    input: ${writeSchema(input, path)},`,
    `    output: ${writeSchema(item ?? output, path)},`,
    '  },',
  ];
}

export function renderProcedureTable(): string {
  const entries = [...listProcedures()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return [
    '// Generated from the declarations in the server; `npm run check` compares. Every procedure with its doors, access and schemas.',
    "import * as contract from '@authcenter/shared/schemas';",
    "import { z } from 'zod';",
    "import type { Procedure } from './procedure.ts';",
    '',
    '/** Every procedure, by its dotted path. */',
    'export type ProcedurePath =',
    `${entries.map(({ path }) => `  | '${path}'`).join('\n')};`,
    '',
    'export const PROCEDURES = {',
    ...entries.flatMap(writeEntry),
    '} as const satisfies Readonly<Record<ProcedurePath, Procedure>>;',
    '',
  ].join('\n');
}
