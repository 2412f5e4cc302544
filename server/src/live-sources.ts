// Where the live state of an instance is read from, and the owners of API keys.
import { toRightsHolder } from './features/rbac/rights-holder.ts';
import type { ApiKeySources } from './platform/api-keys.ts';
import type { KeyRing } from './platform/keys/ring.ts';
import type { LiveSources } from './platform/live/live-state.ts';
import type { Repositories } from './repositories.ts';

export const createLiveSources = ({ roles, clients, sessions, users }: Repositories, keys: KeyRing): LiveSources => ({
  loadRoles: () => roles.loadRoleTable(),
  loadClients: clients.listLive,
  readClient: clients.findLive,
  listKeyIds: () => keys.jwks().keys.flatMap(({ kid }) => kid ?? []),
  loadRevokedSessions: async (since) =>
    (await sessions.listRevokedSince(since)).map(({ _id, revoked_at }) => ({
      id: _id.toHexString(),
      at: revoked_at ?? since,
    })),
  loadUserEpochs: async (since) =>
    (await users.listEpochsSince(since)).map(({ _id, security }) => ({
      id: _id.toHexString(),
      epoch: security.token_epoch,
      at: security.epoch_at ?? since,
    })),
  async readSession(sid) {
    const session = await sessions.findById(sid);
    const user = session && (await users.findById(session.user_id.toHexString()));
    return session && user && { revoked: session.is_revoked, epoch: user.security.token_epoch };
  },
});

export const createApiKeySources = ({ apiKeys, users }: Repositories): ApiKeySources => ({
  findKey: apiKeys.findByPrefix,
  noteUse: apiKeys.noteUse,
  async findOwner(id) {
    const user = await users.findById(id);
    // Who is leaving has nobody act for them; who comes back, by signing in, does.
    if (!user || user.deletion_due_at) return null;
    const { username, email = null, email_verified, security } = user;
    return { id, username, email, email_verified, rights: toRightsHolder(user), epoch: security.token_epoch };
  },
});
