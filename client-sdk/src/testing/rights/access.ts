// Who may call: the declarations' rules over a caller, and what a caller may do.
import { type Decision, evaluate, listEffectivePairs, type RightsHolder } from '@authcenter/shared/evaluator';
import { formatPair, type Pair } from '@authcenter/shared/permissions';
import type { FakeCaller } from '../call.ts';
import { toHolder } from '../people/users.ts';
import type { Access } from '../procedure.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';

type Person = Exclude<FakeCaller, { kind: 'client' }>;

/** A token names roles, which its own `exp` ends; a key narrows its owner's. */
function rightsOf(world: World, caller: Person): RightsHolder {
  if (caller.kind === 'user')
    return { status: 'active', grants: caller.roles.map((role) => ({ role, expires_at: null })) };
  const owner = world.users.get(caller.id) ?? refuse('TOKEN_INVALID');
  return { ...toHolder(owner), only: new Set(caller.scopes) };
}

const rolesFor = ({ roles }: World, caller: Person) => (caller.kind === 'user' ? roles.table.byName : roles.table.byId);

export const decideOn = (world: World, caller: Person, asked: Pair | null): Decision =>
  evaluate(rightsOf(world, caller), rolesFor(world, caller), world.clock.now(), asked);

export const listPairsOf = (world: World, caller: Person): string[] =>
  listEffectivePairs(rightsOf(world, caller), rolesFor(world, caller), world.clock.now());

export function holds(world: World, caller: FakeCaller, access: Access): boolean {
  if (caller.kind === 'client')
    return access.anyClient === true || (access.scopes ?? []).some((scope) => caller.scopes.includes(scope));
  if (caller.kind === 'user' ? access.session : access.apiKey) return true;
  return (access.pairs ?? []).some((pair) => decideOn(world, caller, pair).allowed);
}

/** @throws Refusal PERMISSION_DENIED, as far as it can be told before the input */
export function checkAccess(world: World, caller: FakeCaller, access: Access): void {
  if (holds(world, caller, access) || (caller.kind === 'user' && access.selfFields)) return;
  const scopes = (access.scopes ?? []).map((scope) => `client:${scope}`).join(' or ');
  const pairs = listPairs(access);
  if (caller.kind === 'client')
    refuse('PERMISSION_DENIED', { permission: scopes || pairs || 'session', challenge: 'insufficient_scope' });
  const fallback = caller.kind === 'api_key' ? 'session' : scopes || 'client';
  refuse('PERMISSION_DENIED', { permission: pairs || fallback });
}

const listPairs = ({ pairs = [] }: Access): string => pairs.map(formatPair).join(' or ');

/** @throws Refusal PERMISSION_DENIED when the input names somebody else */
export function checkSelf(world: World, caller: FakeCaller, access: Access, input: unknown): void {
  if (!access.selfFields || holds(world, caller, access)) return;
  const isSelf =
    caller.kind === 'user' &&
    access.selfFields.some((field) =>
      collect(input, field.split('.')).every((value) => value === undefined || value === caller.id),
    );
  if (!isSelf) refuse('PERMISSION_DENIED', { permission: listPairs(access) || 'self' });
}

/** Whether the input brings a ticket in one of the fields. */
export const bringsTicket = ({ ticketFields = [] }: Access, input: unknown): boolean =>
  typeof input === 'object' &&
  input !== null &&
  ticketFields.some((field) => typeof Reflect.get(input, field) === 'string');

function collect(value: unknown, [step, ...rest]: readonly string[]): unknown[] {
  if (step === undefined) return [value];
  if (typeof value !== 'object' || value === null) return [undefined];
  const each = step.endsWith('[]');
  const next: unknown = Reflect.get(value, each ? step.slice(0, -2) : step);
  if (!each) return collect(next, rest);
  return Array.isArray(next) ? next.flatMap((item) => collect(item, rest)) : [null];
}

/** In seconds. */
const PROOF_AGE = 600;

/** @throws Refusal STEP_UP_REQUIRED; PERMISSION_DENIED for an API key */
export function requireFreshProof({ clock }: World, caller: FakeCaller | null): void {
  if (caller?.kind === 'api_key')
    refuse('PERMISSION_DENIED', { permission: 'session', detail: 'An API key cannot do this: sign in' });
  if (caller?.kind === 'user' && clock.now().getTime() / 1000 - caller.authTime > PROOF_AGE) refuse('STEP_UP_REQUIRED');
}
