// What the feed has told so far, and what it means for a token: small tables, pruned when nothing that lives is touched by an entry.
import type { Batch, Revocation } from './batch.ts';
import type { ClientClaims, UserClaims } from './claims.ts';

/** `unsure`: the token is newer than what is known here. */
export type Verdict = 'ok' | 'SESSION_REVOKED' | 'TOKEN_STALE' | 'unsure';

export interface Tables {
  /** @param life - of tokens, in seconds: so long what makes them void is remembered */
  apply(batch: Pick<Batch, 'reset' | 'records'>, life: number): void;
  judgeUser(claims: UserClaims): Verdict;
  /** The scopes that it still has, or why its token counts no more. */
  judgeClient(claims: ClientClaims): readonly string[] | 'SESSION_REVOKED' | 'TOKEN_STALE';
  /** Whether a key has been withdrawn. */
  isWithdrawn(kid: string): boolean;
  /** How many entries there are. */
  readonly size: number;
}

/** Beyond the life of tokens, in milliseconds: as long as the server itself remembers. */
const MARGIN = 60_000;

interface Kept<T> {
  readonly value: T;
  /** By the monotonic clock. */
  readonly heardAt: number;
}

export function createTables(monotonic: () => number): Tables {
  const sessions = new Map<string, Kept<null>>();
  const epochs = new Map<string, Kept<number>>();
  /** Names by id. */
  const roles = new Map<string, string>();
  const versionByName = new Map<string, { readonly id: string; readonly version: number }>();
  const clients = new Map<string, { readonly epoch: number; readonly scopes: readonly string[] }>();
  const keys = new Map<string, 'verifying' | null>();
  /** The newest state of the roles that was told of. */
  let newest = 0;

  /** What is told again is put at the end, so that the oldest stand in front. */
  function keep<T>(map: Map<string, Kept<T>>, id: string, value: T): void {
    map.delete(id);
    map.set(id, { value, heardAt: monotonic() });
  }

  function forgetRole(id: string): void {
    const name = roles.get(id);
    if (name === undefined) return;
    roles.delete(id);
    // Another may have taken the name in the meantime.
    if (versionByName.get(name)?.id === id) versionByName.delete(name);
  }

  function noteRole({ id, value }: Extract<Revocation, { type: 'role' }>): void {
    forgetRole(id);
    if (value === null) return;
    roles.set(id, value.name);
    versionByName.set(value.name, { id, version: value.rights_version });
    newest = Math.max(newest, value.rights_version);
  }

  function note(record: Revocation): void {
    if (record.type === 'session') keep(sessions, record.id, null);
    else if (record.type === 'user') keep(epochs, record.id, Math.max(record.value, epochs.get(record.id)?.value ?? 0));
    else if (record.type === 'role') noteRole(record);
    else if (record.type === 'key') keys.set(record.id, record.value);
    else if (record.type === 'client' && record.value) clients.set(record.id, record.value);
    else if (record.type === 'client') clients.delete(record.id);
  }

  /** What a snapshot does not name is no more; of keys that is remembered, since the server's list of them may be read from a cache. */
  function forgetAll(): void {
    for (const map of [sessions, epochs, roles, versionByName, clients]) map.clear();
    for (const kid of keys.keys()) keys.set(kid, null);
  }

  function prune(before: number): void {
    for (const map of [sessions, epochs])
      for (const [id, { heardAt }] of map) {
        if (heardAt >= before) break;
        map.delete(id);
      }
  }

  function judgeRoles({ roles: names, rv }: UserClaims): Verdict {
    for (const name of names) {
      const role = versionByName.get(name);
      if (!role) return rv > newest ? 'unsure' : 'TOKEN_STALE';
      if (rv < role.version) return 'TOKEN_STALE';
    }
    return 'ok';
  }

  return {
    apply({ reset, records }, life) {
      if (reset) forgetAll();
      for (const record of records) note(record);
      prune(monotonic() - life * 1000 - MARGIN);
    },
    judgeUser(claims) {
      if (sessions.has(claims.sid)) return 'SESSION_REVOKED';
      const epoch = epochs.get(claims.sub);
      return epoch !== undefined && claims.epoch < epoch.value ? 'TOKEN_STALE' : judgeRoles(claims);
    },
    judgeClient({ sub, epoch }) {
      const client = clients.get(sub);
      if (!client) return 'SESSION_REVOKED';
      return epoch < client.epoch ? 'TOKEN_STALE' : client.scopes;
    },
    isWithdrawn: (kid) => keys.get(kid) === null,
    get size() {
      return [sessions, epochs, roles, clients, keys].reduce((sum, { size }) => sum + size, 0);
    },
  };
}
