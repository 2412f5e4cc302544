// The published error table, read from the one that the code answers by.
import { ERRORS } from '@authcenter/shared/errors';

export function renderErrorTable(): string {
  const rows = Object.entries(ERRORS)
    .map(([code, { status, en, zh }]) => ({ code, status, en, zh }))
    .sort((a, b) => a.status - b.status || a.code.localeCompare(b.code))
    .map(({ code, status, en, zh }) => `| ${status} | \`${code}\` | ${en} | ${zh} |`);
  return [
    '# Errors',
    '',
    'Generated from `shared/src/errors.ts`; `npm run check` compares. `code` is stable; titles follow `Accept-Language`.',
    'REST answers `application/problem+json` (RFC 9457) with `code`, over tRPC it stands in `error.data.code`.',
    '',
    '| status | code | en | zh |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
