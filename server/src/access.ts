// Who may call a procedure: the words of a declaration, and the pure decision over them.
import type { ErrorCode } from '@authcenter/shared/errors';
import { formatPair, type Pair, parsePair } from '@authcenter/shared/permissions';
import type { z } from 'zod';
import type { Caller } from './context.ts';
import type { RoleTable } from './platform/live/role-table.ts';
import { decideOn } from './rights.ts';

/**
 * One kind of access; a declaration names one or a list of which any suffices.
 * `self(field)`: the signed-in user is the one that field of the input names (absent: oneself; `checks[].user_id`: every one of them).
 * `api_key`: an API key whatever its scopes; it passes by a permission, too, but never as a session, nor by naming its user.
 * `ticket(field)`: without a session, whoever brings the token of an unfinished sign-in in that field; the service says what it is worth.
 */
export type AccessKind =
  | 'public'
  | 'session'
  | `self(${string})`
  | `ticket(${string})`
  | 'api_key'
  | 'client'
  | `client:${string}`
  | `${Lowercase<string>}:${Uppercase<string>}`;
export type Access = AccessKind | readonly AccessKind[];

export const self = <const Field extends string>(field: Field): `self(${Field})` => `self(${field})`;

export const ticket = <const Field extends string>(field: Field): `ticket(${Field})` => `ticket(${field})`;

/** What is told of credentials that are missing or not good. */
export const BEARER_ERRORS = [
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'TOKEN_STALE',
  'TOKEN_INVALID',
  'SESSION_REVOKED',
] as const satisfies readonly ErrorCode[];

export interface AccessRule {
  readonly isPublic: boolean;
  readonly session: boolean;
  readonly apiKey: boolean;
  /** Any client, whatever its scopes. */
  readonly anyClient: boolean;
  readonly scopes: readonly string[];
  readonly pairs: readonly Pair[];
  readonly selfFields: readonly string[];
  readonly ticketFields: readonly string[];
}

export function readAccess(access: string | readonly string[]): AccessRule {
  const kinds = typeof access === 'string' ? [access] : access;
  if (kinds.length === 0) throw new Error('access names nobody: declare at least one kind');
  const rest = kinds.filter(
    (kind) =>
      kind !== 'public' &&
      kind !== 'session' &&
      kind !== 'api_key' &&
      kind !== 'client' &&
      !kind.startsWith('client:') &&
      !kind.startsWith('self(') &&
      !kind.startsWith('ticket('),
  );
  const fieldsOf = (word: string) =>
    kinds.filter((kind) => kind.startsWith(`${word}(`)).map((kind) => kind.slice(word.length + 1, -1));
  return {
    isPublic: kinds.includes('public'),
    session: kinds.includes('session'),
    apiKey: kinds.includes('api_key'),
    anyClient: kinds.includes('client'),
    scopes: kinds.filter((kind) => kind.startsWith('client:')).map((kind) => kind.slice('client:'.length)),
    pairs: rest.map((kind) => parsePair(kind) ?? unreadable(kind)),
    selfFields: fieldsOf('self'),
    ticketFields: fieldsOf('ticket'),
  };
}

function unreadable(kind: string): never {
  throw new Error(
    `access "${kind}" is neither public, session, api_key, self(field), ticket(field), client:scope nor resource:ACTION`,
  );
}

export type AccessDecision =
  | { readonly pass: true }
  /** Only the input can tell: it must name the caller. */
  | { readonly pass: 'if-self' }
  | { readonly pass: false; readonly permission: string; readonly challenge?: 'insufficient_scope' };

export function decideAccess(rule: AccessRule, caller: Caller, roles: RoleTable, now: Date): AccessDecision {
  if (rule.isPublic) return { pass: true };
  if (caller.kind === 'client') {
    if (rule.anyClient || rule.scopes.some((scope) => caller.scopes.includes(scope))) return { pass: true };
    const missing = listScopes(rule) || listPairs(rule) || 'session';
    return { pass: false, permission: missing, challenge: 'insufficient_scope' };
  }
  const admits = caller.kind === 'user' ? rule.session : rule.apiKey;
  if (admits || rule.pairs.some((pair) => decideOn(caller, pair, roles, now).allowed)) return { pass: true };
  if (caller.kind === 'user' && rule.selfFields.length > 0) return { pass: 'if-self' };
  if (caller.kind === 'api_key' && rule.pairs.length === 0) return { pass: false, permission: 'session' };
  return { pass: false, permission: listPairs(rule) || listScopes(rule) || 'client' };
}

/** The permissions of a rule, as a refusal names them. */
export const listPairs = (rule: AccessRule): string => rule.pairs.map(formatPair).join(' or ');

const listScopes = (rule: AccessRule): string => rule.scopes.map((scope) => `client:${scope}`).join(' or ');

/** Whether every id the input names under `field` is the caller's own; absent means oneself. */
export function namesSelf(field: string, input: unknown, callerId: string): boolean {
  return collect(input, field.split('.')).every((value) => value === undefined || value === callerId);
}

/** Whether the input brings a ticket in one of the fields. */
export const bringsTicket = (fields: readonly string[], input: unknown): boolean =>
  typeof input === 'object' && input !== null && fields.some((field) => typeof Reflect.get(input, field) === 'string');

/**
 * Makes sure that the input can name what `self(field)` or `ticket(field)` is about: of a field that does not exist everybody would
 * be the one that it names.
 *
 * @throws Error when it cannot
 */
export function assertField(schema: z.core.$ZodType, field: string): void {
  if (!hasField(schema, field.split('.')))
    throw new Error(`access "self(${field})" or "ticket(${field})": the input has no such field`);
}

function hasField(schema: z.core.$ZodType, path: readonly string[]): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const [step, ...rest] = path;
  if (def.type === 'optional' || def.type === 'default' || def.type === 'prefault')
    return hasField(def.innerType, path);
  if (def.type === 'union') return def.options.every((option) => hasField(option, path));
  if (step === undefined) return true;
  const each = step.endsWith('[]');
  const next = def.type === 'object' ? def.shape[each ? step.slice(0, -2) : step] : undefined;
  if (!next || !each) return next !== undefined && hasField(next, rest);
  const list = (next as z.core.$ZodTypes)._zod.def;
  return list.type === 'array' && hasField(list.element, rest);
}

function collect(value: unknown, path: readonly string[]): unknown[] {
  const [step, ...rest] = path;
  if (step === undefined) return [value];
  if (typeof value !== 'object' || value === null) return [undefined];
  const each = step.endsWith('[]');
  const next: unknown = Reflect.get(value, each ? step.slice(0, -2) : step);
  if (!each) return collect(next, rest);
  return Array.isArray(next) ? next.flatMap((item) => collect(item, rest)) : [null];
}
