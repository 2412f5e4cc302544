// What was done, as the audit lists it, statistics count it, and webhooks are told of it.
import { describeAct, splitDetails } from '@authcenter/shared/acts';
import type { AuditLine } from '@authcenter/shared/schemas';
import type { CallInfo, FakeCaller } from '../call.ts';
import type { World } from '../world.ts';

/** Nothing is sealed, and nothing kept of people who are gone. */
export type ActRecord = Omit<AuditLine, 'erased' | 'block'>;

export interface ActEntry {
  readonly act: string;
  readonly outcome?: 'failure';
  readonly target: { readonly kind: string; readonly id: string | null };
  readonly details?: Readonly<Record<string, unknown>>;
  /** Who acted, where that is not the caller: whoever just signed in. */
  readonly actor?: { readonly kind: 'user' | 'client'; readonly id: string; readonly sid: string | null };
}

/** One that a request made; `caller` is absent where it is not known who called. */
type Origin = CallInfo & { readonly caller?: FakeCaller | null };

export function recordAct(world: World, call: Origin, entry: ActEntry): void {
  add(world, entry, {
    actor: entry.actor ?? actorOf(call.caller ?? null),
    ip: '127.0.0.1',
    user_agent: call.userAgent,
    request_id: call.requestId,
  });
}

/** What the server does by itself when the time has come. */
export const recordSystemAct = (world: World, entry: ActEntry): void =>
  add(world, entry, { actor: { kind: 'system', id: null, sid: null }, ip: null, user_agent: null, request_id: null });

const actorOf = (caller: FakeCaller | null): ActRecord['actor'] =>
  caller === null
    ? { kind: 'anonymous', id: null, sid: null }
    : {
        kind: caller.kind,
        id: caller.id,
        sid: caller.kind === 'user' ? caller.sid : null,
        ...(caller.kind === 'api_key' ? { key_id: caller.keyId } : {}),
      };

type From = Pick<ActRecord, 'actor' | 'ip' | 'user_agent' | 'request_id'>;

function add(world: World, { act, outcome, target, details = {} }: ActEntry, from: From): void {
  const [id, at] = [world.newId(), world.clock.now()];
  const told = { ...from, personal: null, ...splitDetails(act, details) };
  const record: ActRecord = { id, at, act, outcome: outcome ?? 'success', target, ...told };
  world.acts.push(record);
  const event = describeAct(record);
  if (event) world.publish([event]);
}

/** Takes out what tells of a person who is gone: where they acted from, and their names. */
export function eraseActsOf({ acts }: World, userId: string): void {
  for (const [index, record] of acts.entries()) {
    const { actor, target } = record;
    const byThem = actor.id === userId || (actor.id === null && target.id === userId);
    const ofThem = target.id === userId || (actor.id === userId && target.kind !== 'user');
    acts[index] = {
      ...record,
      ...(byThem ? { ip: null, user_agent: null } : {}),
      ...(ofThem ? { personal: null } : {}),
    };
  }
}
