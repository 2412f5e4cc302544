// What somebody may do: from what was verified, or by asking the server as the client that this service is.
import { coversPair, normalizePair, type Pair } from '@authcenter/shared/permissions';
import { AuthCenterError } from '../error.ts';
import type { Api } from '../router.ts';
import type { Asker } from './asker.ts';
import { bearerOf } from './bearers.ts';
import type { ClientToken } from './client-token.ts';
import { toAnswerError } from './refusals.ts';
import type { VerifiedUser } from './verified.ts';
import type { Subject, Verifier } from './verifier.ts';

interface Parts {
  readonly bare: Api;
  readonly own: ClientToken | undefined;
  readonly answerWithin: number;
  readonly asker: Asker;
  verifyToken(token: string): Promise<VerifiedUser>;
}

export type PermissionCalls = Pick<Verifier, 'checkPermission' | 'getUserInfo' | 'getUserPermissions'>;

interface CallOptions {
  readonly signal: AbortSignal;
  readonly context: { readonly token: string };
}

/** Lists are answered again and again, and never changed. */
const setOf = new WeakMap<readonly string[], ReadonlySet<string>>();

const NO_CLIENT = 'To ask as a client the verifier needs a clientId and a clientSecret';

export function createPermissions({ bare, own, answerWithin, asker, verifyToken }: Parts): PermissionCalls {
  /** A token that was refused is replaced once. */
  async function asClient<T>(call: (options: CallOptions) => Promise<T>): Promise<T> {
    if (!own) throw new AuthCenterError({ code: 'UNAUTHENTICATED', status: 401, detail: NO_CLIENT });
    for (let isLast = false; ; isLast = true) {
      const { token } = await own.get();
      try {
        return await call({ signal: AbortSignal.timeout(answerWithin), context: { token } });
      } catch (thrown) {
        const error = toAnswerError(thrown);
        if (error.status !== 401 || isLast) throw error;
        own.forget(token);
      }
    }
  }

  async function listPairs(token: string): Promise<readonly string[]> {
    const { permissions } = await verifyToken(token);
    return permissions ?? (await asker.ask(token)).permissions;
  }

  const covers = (pairs: readonly string[], asked: Pair): boolean => {
    const known = setOf.get(pairs) ?? new Set(pairs);
    setOf.set(pairs, known);
    return coversPair(known, asked);
  };

  return {
    async checkPermission(subject: Subject, resource: string, action: string) {
      const asked = normalizePair(resource, action);
      // Somebody verified a while ago may have lost the session since: they are looked at again.
      const token = readToken(subject);
      if (token !== undefined) return covers(await listPairs(token), asked);
      if (typeof subject === 'object' && 'permissions' in subject && subject.permissions)
        return covers(subject.permissions, asked);
      const user_id = readId(subject);
      const { allowed } = await asClient((options) => bare.rbac.check.query({ user_id, ...asked }, options));
      return allowed;
    },
    getUserInfo: (userId) => asClient((options) => bare.users.get.query({ id: userId }, options)),
    getUserPermissions: (userId) => asClient((options) => bare.users.permissions.query({ id: userId }, options)),
  };
}

function readToken(subject: Subject): string | undefined {
  if (typeof subject === 'string') return undefined;
  return 'token' in subject ? subject.token : bearerOf(subject);
}

function readId(subject: Subject): string {
  if (typeof subject === 'string') return subject;
  if ('user_id' in subject) return subject.user_id;
  return 'id' in subject ? subject.id : '';
}
