// The published permission table: who may call what, read from the declarations.
import type { Access } from '../access.ts';
import { listProcedures } from './procedures.ts';
import { REST_PREFIX } from './rest.ts';

/** `user:READ or self(id)`: any of the kinds suffices. */
export const describeAccess = (access: Access): string => (typeof access === 'string' ? access : access.join(' or '));

export function renderPermissionTable(): string {
  const rows = listProcedures().map(({ path, declaration, method, restPath }) => {
    const marks = [declaration.stepUp ? 'step-up' : null, declaration.idempotent ? 'Idempotency-Key' : null]
      .filter(Boolean)
      .join(', ');
    return `| ${path} | ${method} ${REST_PREFIX}${restPath} | ${describeAccess(declaration.access)} | ${declaration.limit} | ${marks} |`;
  });
  return [
    '# Who may call what',
    '',
    'Generated from the declarations in the routers; `npm run check` compares. Of several kinds of access any suffices:',
    '`public` anyone, `session` any signed-in user, `self(field)` the user whom that field names (absent: oneself),',
    '`client:scope` a service with that scope, `resource:ACTION` whoever holds that permission, or MANAGE on the resource:',
    '`user:READ` needs no permission of its own, whoever holds `USER_MANAGE` has it.',
    '',
    '| procedure | REST | access | limit | |',
    '|---|---|---|---|---|',
    ...rows.sort(),
    '',
  ].join('\n');
}
