// The published permission table as data, read from its text alone: what tests hold the server against.
import { readFileSync } from 'node:fs';

export interface PublishedRow {
  readonly procedure: string;
  readonly method: string;
  /** With its prefix, `{name}` for parameters. */
  readonly path: string;
  /** Any of them suffices. */
  readonly access: readonly string[];
  readonly limit: string;
  readonly takesIdempotencyKey: boolean;
  readonly needsStepUp: boolean;
  readonly isSubscription: boolean;
}

export const PERMISSION_TABLE = new URL('../../server/docs/permissions.md', import.meta.url);

export function readPermissionTable(): PublishedRow[] {
  const lines = readFileSync(PERMISSION_TABLE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) => {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const [procedure = '', rest = '', access = '', limit = '', marks = ''] = cells;
    const [method = '', path = ''] = rest.split(' ');
    return {
      procedure,
      method,
      path,
      access: access.split(' or '),
      limit,
      takesIdempotencyKey: marks.includes('Idempotency-Key'),
      needsStepUp: marks.includes('step-up'),
      isSubscription: marks.includes('subscription'),
    };
  });
}
