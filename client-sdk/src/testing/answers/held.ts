// What is held on a user: what applications keep with them, and all of it in one piece.
import { EXPORTED_RECORDS, EXPORTED_SESSIONS, type UserExport } from '@authcenter/shared/schemas';
import type { Answers } from '../answers.ts';
import type { Call } from '../call.ts';
import { listFactors } from '../factors/factor-changes.ts';
import { listPasskeys } from '../factors/passkeys.ts';
import { newestFirst } from '../page.ts';
import { readForChange } from '../people/acting.ts';
import { callingPerson } from '../people/calling-user.ts';
import { toUser, type UserRecord } from '../people/users.ts';
import { recordAct } from '../record/acts.ts';
import { refuse } from '../refusal.ts';
import { showSession } from '../sign-in/sessions.ts';
import type { World } from '../world.ts';

export const heldAnswers = {
  'users.metadata.get': ({ users }, { id }, call) => {
    const { metadata } = users.get(id) ?? refuse('NOT_FOUND');
    return { metadata: metadata.get(callingClient(call)) ?? {} };
  },

  'users.metadata.set': (world, { id, metadata }, call) => {
    const user = world.users.get(id) ?? refuse('NOT_FOUND');
    const fields = Object.keys(metadata).length;
    if (fields === 0) user.metadata.delete(callingClient(call));
    else user.metadata.set(callingClient(call), structuredClone(metadata));
    recordAct(world, call, { act: 'users.metadata_set', target: { kind: 'user', id }, details: { fields } });
    return { metadata };
  },

  'users.export': (world, { id }, call) => {
    const caller = callingPerson(call);
    const user =
      caller.id === id
        ? (world.users.get(id) ?? refuse('NOT_FOUND'))
        : readForChange(world, caller, id, 'user:MANAGE').target;
    const held = listHeld(world, user);
    recordAct(world, call, { act: 'users.export', target: { kind: 'user', id } });
    return held;
  },
} satisfies Answers;

const callingClient = ({ caller }: Call): string =>
  caller?.kind === 'client' ? caller.id : refuse('PERMISSION_DENIED', { permission: 'client:users:metadata' });

/** No secret is among it. */
function listHeld(world: World, user: UserRecord): UserExport {
  const { id, metadata, identities, password, password_changed_at, deletion_due_at, last_login_at } = user;
  const now = world.clock.now();
  const ofThem = ({ user_id }: { readonly user_id: string }): boolean => user_id === id;
  const sessions = newestFirst([...world.sessions.values()].filter(ofThem)).slice(0, EXPORTED_SESSIONS);
  return {
    exported_at: now,
    user: toUser(user, now),
    account: {
      last_ip: last_login_at && '127.0.0.1',
      has_password: password !== null,
      password_changed_at,
      second_factors: [
        ...listFactors(world, user),
        ...(user.factors.backupCodes.length > 0 ? ['backup_codes' as const] : []),
      ],
      deletion_due_at,
    },
    identities: [...identities],
    metadata: Object.fromEntries(metadata),
    sessions: sessions.map((session) => ({ ...showSession(session, null), revoked_at: session.revoked_at })),
    passkeys: listPasskeys(world, id),
    api_keys: newestFirst([...world.apiKeys.values()].filter(ofThem)),
    // The fake sends codes and links, and no notices.
    notices: [],
    audit: listActs(world, id),
  };
}

/** By or about them, newest first. From where others acted is theirs. */
function listActs({ acts }: World, userId: string): UserExport['audit'] {
  const found = acts.filter(({ actor, target }) => actor.id === userId || target.id === userId).toReversed();
  return {
    items: found.slice(0, EXPORTED_RECORDS).map(({ at, act, outcome, actor, target, ip, user_agent, details }) => {
      const isOwn = actor.id === userId || actor.kind === 'anonymous';
      const from = isOwn ? { ip, user_agent } : { ip: null, user_agent: null };
      return { at, act, outcome, actor: { kind: actor.kind, id: actor.id }, target, ...from, details };
    }),
    is_complete: found.length <= EXPORTED_RECORDS,
  };
}
