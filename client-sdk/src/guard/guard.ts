// The core under every middleware: credentials and a demand in, somebody or a refusal out. It knows no framework.
import type { Pair } from '@authcenter/shared/permissions';
import { AuthCenterError } from '../error.ts';
import { noteBearer } from '../verifier/bearers.ts';
import type { VerifiedUser } from '../verifier/verified.ts';
import type { Verifier } from '../verifier/verifier.ts';
import { type Refusal, refuseRequest } from './refusal.ts';
import { type RequestAuth, toRequestAuth } from './request-auth.ts';

/** What a request says that matters here. */
export interface Asking {
  readonly authorization: string | null | undefined;
  /** `Accept-Language`. */
  readonly language?: string | null | undefined;
  /** By which the request is known in logs. */
  readonly requestId?: string | null | undefined;
}

/** What somebody must be beside known: of one of these roles, or allowed to do this. */
export interface Demand {
  readonly roles?: readonly string[];
  readonly pair?: Pair;
  /** The pair as a text. */
  readonly permission?: string;
}

export type Verdict =
  | { readonly auth: RequestAuth; readonly refusal?: undefined }
  | { readonly auth?: undefined; readonly refusal: Refusal };

export interface Guard {
  check(asking: Asking, demand: Demand): Promise<Verdict>;
  /** Null for whoever is not known. */
  look(asking: Pick<Asking, 'authorization'>): Promise<RequestAuth | null>;
}

/** RFC 6750 §2.1; the scheme's name in any case (RFC 9110 §11.1). */
const readBearer = (header: string | null | undefined): string | null =>
  /^bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null;

export function createGuard(verifier: Pick<Verifier, 'verifyToken' | 'checkPermission'>): Guard {
  async function findLack(token: string, user: VerifiedUser, demand: Demand): Promise<string | null> {
    const { roles, pair, permission } = demand;
    if (roles && !roles.some((name) => user.roles.includes(name)))
      return roles.length === 1
        ? `The role ${roles[0]} is needed`
        : `One of these roles is needed: ${roles.join(', ')}`;
    if (pair && !(await verifier.checkPermission({ token }, pair.resource, pair.action)))
      return `The permission ${permission} is needed`;
    return null;
  }

  return {
    async check(asking, demand) {
      const token = readBearer(asking.authorization);
      if (token === null) return { refusal: refuseRequest(asking, 'UNAUTHENTICATED', { hasCredentials: false }) };
      try {
        const user = await verifier.verifyToken(token);
        const detail = await findLack(token, user, demand);
        if (detail === null) return { auth: noteBearer(toRequestAuth(user), token) };
        const { permission } = demand;
        const named = permission === undefined ? {} : { permission };
        return { refusal: refuseRequest(asking, 'PERMISSION_DENIED', { detail, ...named }) };
      } catch (thrown) {
        // Anything else is a fault, and the framework's to tell.
        if (!(thrown instanceof AuthCenterError)) throw thrown;
        return { refusal: refuseRequest(asking, thrown) };
      }
    },

    async look({ authorization }) {
      const token = readBearer(authorization);
      if (token === null) return null;
      try {
        return noteBearer(toRequestAuth(await verifier.verifyToken(token)), token);
      } catch (thrown) {
        if (thrown instanceof AuthCenterError) return null;
        throw thrown;
      }
    },
  };
}
