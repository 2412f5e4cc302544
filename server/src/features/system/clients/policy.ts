// What a client may be, by its kind.
import {
  type ClientKind,
  ClientScope,
  type FieldError,
  keepsSecret,
  type Pair,
  parsePair,
  SCOPE_PERMISSIONS,
} from '@authcenter/shared';

export interface ClientFacts {
  readonly kind: ClientKind;
  readonly redirect_uris: readonly string[];
  readonly scopes: readonly string[];
  readonly exchange_secret?: string | null | undefined;
}

/** @returns what does not go together */
export function judgeClient({ kind, redirect_uris, scopes, exchange_secret }: ClientFacts): FieldError[] {
  const errors: FieldError[] = [];
  if (kind !== 'service' && redirect_uris.length === 0)
    errors.push({ path: 'redirect_uris', message: `a ${kind} client needs at least one` });
  const isOwnScheme = (uri: string) => !/^https?:/i.test(uri);
  if (kind !== 'native' && redirect_uris.some(isOwnScheme))
    errors.push({ path: 'redirect_uris', message: 'schemes of an application are for native clients' });
  if (!keepsSecret(kind) && scopes.length > 0)
    errors.push({ path: 'scopes', message: `a ${kind} client never acts as itself, and has none` });
  if (kind !== 'service' && exchange_secret)
    errors.push({ path: 'exchange_secret', message: 'is for service clients' });
  return errors;
}

/** @returns the first scope that is not somebody's to give, with the permissions of which one is needed; null when all are */
export function findForeignScope(scopes: readonly string[], may: (pair: Pair) => boolean) {
  for (const scope of scopes) {
    const { data: known } = ClientScope.safeParse(scope);
    const needed: readonly string[] = known === undefined ? [] : SCOPE_PERMISSIONS[known];
    const isOwn = needed.some((text) => {
      const pair = parsePair(text);
      return pair !== null && may(pair);
    });
    if (!isOwn) return { scope, permission: needed.join(' or ') || 'system:CONFIG' };
  }
  return null;
}
