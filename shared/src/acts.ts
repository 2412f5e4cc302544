// What becomes of an act's record: which details tell of a person, and which acts are events that webhooks are told of.
import type { WebhookEvent } from './schemas.ts';

/** Names of details that tell who somebody is; a keyed hash does not. */
const PERSONAL: ReadonlySet<string> = new Set([
  'username',
  'email',
  'phone',
  'address',
  'subject',
  'profile',
  'device_name',
  'ip',
  'user_agent',
]);

/** Details that are free text of the person who acted, by act: elsewhere the same names say what happened. */
const OWN_WORDS: Readonly<Record<string, readonly string[]>> = {
  'rbac.request_created': ['reason'],
  'auth.api_key_created': ['name'],
  'auth.api_key_revoked': ['name'],
};

type Details = Readonly<Record<string, unknown>>;

/** What tells of a person stands apart, because it is erased with their account. */
export function splitDetails(
  act: string,
  all: Details,
): { details: Record<string, unknown>; personal?: Record<string, unknown> } {
  const isPersonal = ([name, value]: [string, unknown]) =>
    (PERSONAL.has(name) || OWN_WORDS[act]?.includes(name)) && value !== undefined;
  const personal = Object.entries(all).filter(isPersonal);
  const details = Object.fromEntries(Object.entries(all).filter((entry) => !isPersonal(entry)));
  return personal.length === 0 ? { details } : { details, personal: Object.fromEntries(personal) };
}

/** As much of a record as makes an event. */
export interface RecordedAct {
  readonly act: string;
  readonly outcome: 'success' | 'failure';
  readonly actor: { readonly kind: string; readonly id: string | null };
  readonly target: { readonly kind: string; readonly id: string | null };
  readonly details: Details;
}

/** What receivers are told: ids and what was changed, never a secret, no address, no name but a role's. */
export interface HappenedEvent {
  readonly type: WebhookEvent;
  readonly data: Details;
}

/** An act's event, and the details that go with it. */
type Row = readonly [type: WebhookEvent, ...details: string[]];

const EVENT_OF_ACT: Readonly<Record<string, Row>> = {
  'auth.register': ['user.created', 'method'],
  'users.create': ['user.created', 'invited'],
  'users.update': ['user.updated', 'fields'],
  'auth.contact_bound': ['user.updated', 'contact'],
  'auth.contact_removed': ['user.updated', 'contact'],
  'auth.email_verified': ['user.updated'],
  'auth.number_moved': ['user.updated'],
  'users.metadata_set': ['user.updated'],
  'users.delete': ['user.deleted'],
  'users.removed': ['user.deleted', 'reason'],
  'users.set_status': ['user.status_changed', 'from', 'to'],
  'users.assign_role': ['user.role_granted', 'role_id', 'role', 'expires_at'],
  'users.remove_role': ['user.role_revoked', 'role_id', 'role'],
  'users.renew_role': ['user.role_granted', 'role_id', 'role', 'expires_at'],
  'users.grant_expired': ['user.role_expired', 'role_id', 'role'],
  'rbac.role_created': ['role.created', 'name'],
  'rbac.role_updated': ['role.updated', 'name'],
  'rbac.role_permissions_added': ['role.updated', 'name'],
  'rbac.role_permission_removed': ['role.updated', 'name'],
  'rbac.role_features_set': ['role.updated', 'name'],
  'rbac.role_deleted': ['role.deleted', 'name'],
  'auth.login': ['session.opened', 'method', 'methods', 'client_id'],
};

/** What an act that was done is told as; null for what nobody is told of. */
export function describeAct({ act, outcome, actor, target, details }: RecordedAct): HappenedEvent | null {
  const row = Object.hasOwn(EVENT_OF_ACT, act) ? EVENT_OF_ACT[act] : undefined;
  if (!row || outcome !== 'success' || target.id === null) return null;
  const [type, ...named] = row;
  const told = Object.fromEntries(named.flatMap((name) => (name in details ? [[name, details[name]]] : [])));
  const by = { actor: { kind: actor.kind, id: actor.id } };
  const ids =
    target.kind === 'session' ? { session_id: target.id, user_id: actor.id } : { [`${target.kind}_id`]: target.id };
  return { type, data: { ...ids, ...told, ...by } };
}

/** Why sessions end: kept with them, and told to webhooks. */
export type EndReason =
  | 'logout'
  | 'logout_all'
  | 'revoked'
  | 'refresh_reuse'
  | 'user_disabled'
  | 'user_deleted'
  | 'address_lost'
  | 'password_changed'
  | 'password_reset'
  | 'factor_added'
  | 'factor_demanded'
  | 'factors_reset'
  | 'code_reuse'
  | 'client_deleted';

/** Sessions end in many ways; each way tells of all that ended by it, a person at a time. */
export function describeEnds(ended: readonly { id: string; userId: string }[], reason: EndReason): HappenedEvent[] {
  const byUser = new Map<string, string[]>();
  for (const { id, userId } of ended) byUser.set(userId, [...(byUser.get(userId) ?? []), id]);
  return [...byUser].map(([userId, sessionIds]) => ({
    type: 'session.ended',
    data: { user_id: userId, session_ids: sessionIds, reason },
  }));
}
