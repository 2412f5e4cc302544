// The published permission table: who may call what, read from the declarations.
import type { Access } from '../access.ts';
import { listProcedures, type Router } from './procedures.ts';
import { REST_PREFIX } from './rest.ts';

/** `user:READ or self(id)`: any of the kinds suffices. */
export const describeAccess = (access: Access): string => (typeof access === 'string' ? access : access.join(' or '));

/** @param router - the whole product's when absent */
export function renderPermissionTable(router?: Router): string {
  const rows = listProcedures(router).map(({ path, type, declaration, method, restPath }) => {
    const marks = [
      type === 'subscription' ? type : null,
      declaration.stepUp ? 'step-up' : null,
      declaration.idempotent ? 'Idempotency-Key' : null,
    ]
      .filter(Boolean)
      .join(', ');
    return `| ${path} | ${method} ${REST_PREFIX}${restPath} | ${describeAccess(declaration.access)} | ${declaration.limit} | ${marks} |`;
  });
  return [
    '# Who may call what',
    '',
    'Generated from the declarations in the routers; `npm run check` compares. Of several kinds of access any suffices:',
    '`public` anyone, `session` any signed-in user, `self(field)` the user whom that field names (absent: oneself),',
    '`api_key` a program with a user’s API key, which passes by the permissions among its scopes, too, and never as a session,',
    '`client:scope` a service with that scope, `resource:ACTION` whoever holds that permission, or MANAGE on the resource:',
    '`user:READ` needs no permission of its own, whoever holds `USER_MANAGE` has it.',
    '',
    '| procedure | REST | access | limit | |',
    '|---|---|---|---|---|',
    ...rows.sort(),
    '',
  ].join('\n');
}
