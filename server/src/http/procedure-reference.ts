// The reference of the SDK's `api`, read from the declarations: what each procedure does, takes, demands and may refuse.
import { z } from 'zod';
import { listErrors } from './openapi.ts';
import { describeAccess } from './permission-table.ts';
import { listProcedures, type ProcedureEntry, type Router } from './procedures.ts';

/** @param router - the whole product's when absent */
export function renderProcedureReference(router?: Router): string {
  const entries = [...listProcedures(router)].sort((a, b) => a.path.localeCompare(b.path));
  return [
    '# Procedures',
    '',
    'Generated from the declarations in the server; `npm run check` compares. Each is called as `api.<name>.query(input)` or',
    '`.mutate(input)`, typed from end to end, and answers REST as well. What every call may be refused with besides: `RATE_LIMITED`,',
    '`INTERNAL`, `DEPENDENCY_UNAVAILABLE`, and with a token that no longer counts what the client renews on its own.',
    '',
    ...entries.flatMap(describe),
  ].join('\n');
}

/** What is told once for all. */
const COMMON = new Set([
  'RATE_LIMITED',
  'INTERNAL',
  'DEPENDENCY_UNAVAILABLE',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'TOKEN_EXPIRED',
  'TOKEN_STALE',
  'TOKEN_INVALID',
]);

const CALLS = { query: 'query', mutation: 'mutate', subscription: 'subscribe' } as const;

function describe(entry: ProcedureEntry): string[] {
  const { path, type, declaration, input, method, restPath } = entry;
  const errors = listErrors(entry).filter((code) => !COMMON.has(code));
  const fields = listFields(input);
  return [
    `## \`api.${path}.${CALLS[type]}\``,
    '',
    `${declaration.summary}.`,
    '',
    `- REST: \`${method} /api/v1${restPath}\``,
    `- Access: ${describeAccess(declaration.access)}`,
    `- Input: ${fields.length === 0 ? 'none' : fields.join(' or ')}`,
    `- Errors: ${errors.map((code) => `\`${code}\``).join(', ')}`,
    ...(declaration.idempotent ? ['- Takes an `Idempotency-Key`'] : []),
    ...(type === 'subscription' ? ['- A subscription: `subscribe(input, { onData, onError, onComplete })`'] : []),
    '',
  ];
}

/** `{ id, role_id, expires_at? }`, one for each form the input may have. */
function listFields(schema: z.core.$ZodType): string[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'optional' || def.type === 'default' || def.type === 'prefault') return listFields(def.innerType);
  if (def.type === 'union') return def.options.flatMap(listFields);
  if (def.type !== 'object' || Object.keys(def.shape).length === 0) return [];
  const names = Object.entries(def.shape).map(([name, field]) =>
    z.safeParse(field, undefined).success ? `${name}?` : name,
  );
  return [`\`{ ${names.join(', ')} }\``];
}
