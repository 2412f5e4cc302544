// Who may call a procedure: the words of a declaration, and the pure decision over them.
import { evaluate } from '@authcenter/shared/evaluator';
import { formatPair, type Pair, parsePair } from '@authcenter/shared/permissions';
import type { z } from 'zod';
import type { Caller } from './context.ts';
import type { RoleTable } from './platform/live/role-table.ts';

/**
 * One kind of access; a declaration names one or a list of which any suffices.
 * `self(field)`: the signed-in user is the one that field of the input names (absent: oneself; `checks[].user_id`: every one of them).
 */
export type AccessKind =
  | 'public'
  | 'session'
  | `self(${string})`
  | 'client'
  | `client:${string}`
  | `${Lowercase<string>}:${Uppercase<string>}`;
export type Access = AccessKind | readonly AccessKind[];

export const self = <const Field extends string>(field: Field): `self(${Field})` => `self(${field})`;

export interface AccessRule {
  readonly isPublic: boolean;
  readonly session: boolean;
  /** Any client, whatever its scopes. */
  readonly anyClient: boolean;
  readonly scopes: readonly string[];
  readonly pairs: readonly Pair[];
  readonly selfFields: readonly string[];
}

export function readAccess(access: string | readonly string[]): AccessRule {
  const kinds = typeof access === 'string' ? [access] : access;
  if (kinds.length === 0) throw new Error('access names nobody: declare at least one kind');
  const rest = kinds.filter(
    (kind) =>
      kind !== 'public' &&
      kind !== 'session' &&
      kind !== 'client' &&
      !kind.startsWith('client:') &&
      !kind.startsWith('self('),
  );
  return {
    isPublic: kinds.includes('public'),
    session: kinds.includes('session'),
    anyClient: kinds.includes('client'),
    scopes: kinds.filter((kind) => kind.startsWith('client:')).map((kind) => kind.slice('client:'.length)),
    pairs: rest.map((kind) => parsePair(kind) ?? unreadable(kind)),
    selfFields: kinds.filter((kind) => kind.startsWith('self(')).map((kind) => kind.slice('self('.length, -1)),
  };
}

function unreadable(kind: string): never {
  throw new Error(`access "${kind}" is neither public, session, self(field), client:scope nor resource:ACTION`);
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
  if (rule.session || rule.pairs.some((pair) => evaluate(caller.rights, roles.byName, now, pair).allowed))
    return { pass: true };
  if (rule.selfFields.length > 0) return { pass: 'if-self' };
  return { pass: false, permission: listPairs(rule) || listScopes(rule) || 'client' };
}

/** The permissions of a rule, as a refusal names them. */
export const listPairs = (rule: AccessRule): string => rule.pairs.map(formatPair).join(' or ');

const listScopes = (rule: AccessRule): string => rule.scopes.map((scope) => `client:${scope}`).join(' or ');

/** Whether every id the input names under `field` is the caller's own; absent means oneself. */
export function namesSelf(field: string, input: unknown, callerId: string): boolean {
  return collect(input, field.split('.')).every((value) => value === undefined || value === callerId);
}

/**
 * Makes sure that the input can name whom `self(field)` is about: of a field that does not exist everybody would be the one
 * that it names.
 *
 * @throws Error when it cannot
 */
export function assertSelfField(schema: z.core.$ZodType, field: string): void {
  if (!hasField(schema, field.split('.'))) throw new Error(`access "self(${field})": the input has no such field`);
}

function hasField(schema: z.core.$ZodType, path: readonly string[]): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const [step, ...rest] = path;
  if (def.type === 'optional' || def.type === 'default') return hasField(def.innerType, path);
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
