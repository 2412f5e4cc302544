// What is held on a user beside their own document: how it goes with them, and how they are told of it. A feature that keeps
// something on people adds a line to either.
import { EXPORTED_RECORDS, EXPORTED_SESSIONS, type UserExport } from '@authcenter/shared';
import { ObjectId } from 'mongodb';
import type { Tx } from './database/transaction.ts';
import type { AuditDocument } from './platform/audit.ts';
import type { Repositories } from './repositories.ts';

export async function removeHeldData(repositories: Repositories, tx: Tx, userId: string): Promise<void> {
  const id = new ObjectId(userId);
  await repositories.tickets.removeOfUser(userId, tx);
  await repositories.challenges.removeOfUser(id, tx);
  await repositories.codes.removeOfUser(id, tx);
  await repositories.passkeys.removeOfUser(id, tx);
  await repositories.apiKeys.removeOfUser(id, tx);
  await repositories.authorizationCodes.removeOfUser(id, tx);
  await repositories.qrLogins.removeOfUser(id, tx);
  await repositories.accessRequests.removeOfUser(id, tx);
}

export type HeldData = Omit<UserExport, 'exported_at' | 'user' | 'account' | 'identities' | 'metadata'>;

/** No hash, secret or key is among it. */
export async function exportHeldData(repositories: Repositories, userId: string): Promise<HeldData> {
  const id = new ObjectId(userId);
  const { sessions, passkeys, apiKeys, notices, audit } = repositories;
  const records = await audit.listAbout(userId, EXPORTED_RECORDS + 1);
  return {
    sessions: (await sessions.listAll(userId, EXPORTED_SESSIONS)).map((session) => ({
      id: session._id.toHexString(),
      device_info: session.device_info,
      auth_methods: session.auth_methods,
      client_id: session.client_id,
      created_at: session.created_at,
      last_accessed_at: session.last_accessed_at,
      expires_at: session.expires_at,
      revoked_at: session.revoked_at ?? null,
    })),
    passkeys: (await passkeys.listOfUser(id)).map(({ _id, label, created_at, last_used_at }) => ({
      id: _id.toHexString(),
      label,
      created_at,
      last_used_at,
    })),
    api_keys: (await apiKeys.listAllOfUser(id)).map(
      ({ _id, name, prefix, scopes, created_at, expires_at, last_used_at }) => ({
        id: _id.toHexString(),
        name,
        prefix,
        scopes,
        created_at,
        expires_at,
        last_used_at,
      }),
    ),
    notices: await notices.listOfUser(userId),
    audit: {
      items: records.slice(0, EXPORTED_RECORDS).map((record) => toAct(record, userId)),
      is_complete: records.length <= EXPORTED_RECORDS,
    },
  };
}

/** From where others acted is theirs. */
function toAct({ at, act, outcome, actor, target, ip, user_agent, details }: AuditDocument, userId: string) {
  const isOwn = actor.id === userId || actor.kind === 'anonymous';
  return {
    at,
    act,
    outcome,
    actor: { kind: actor.kind, id: actor.id },
    target,
    ip: isOwn ? ip : null,
    user_agent: isOwn ? user_agent : null,
    details,
  };
}
