// What a payload must hold to be an access token's, and the rules it must pass: pure, over payload, expectations and clock.

interface CommonClaims {
  readonly iss: string;
  readonly aud: string | readonly string[];
  readonly sub: string;
  readonly epoch: number;
  readonly iat: number;
  readonly exp: number;
  readonly nbf?: number;
}

/** Claims of a person's access token (RFC 9068 where it has a name for it). */
export interface UserClaims extends CommonClaims {
  readonly sid: string;
  readonly username: string;
  readonly email: string | null;
  readonly email_verified: boolean;
  readonly roles: readonly string[];
  readonly permissions?: readonly string[];
  /** The role table's counter when the roles were read. */
  readonly rv: number;
  readonly amr: readonly string[];
  readonly auth_time: number;
}

/** Claims of an application's own token: no session, rights are its scopes. */
export interface ClientClaims extends CommonClaims {
  readonly sid?: undefined;
  readonly client_id: string;
  readonly scope: string;
}

export type Claims = UserClaims | ClientClaims;

type Fields = Readonly<Record<string, unknown>>;

const isString = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isString);

const hasCommon = ({ iss, aud, sub, epoch, iat, exp, nbf }: Fields): boolean =>
  isString(iss) &&
  (isString(aud) || isTexts(aud)) &&
  isString(sub) &&
  isNumber(epoch) &&
  isNumber(iat) &&
  isNumber(exp) &&
  (nbf === undefined || isNumber(nbf));

const isOfUser = ({ sid, username, email, email_verified, roles, permissions, rv, amr, auth_time }: Fields): boolean =>
  isString(sid) &&
  isString(username) &&
  (email === null || isString(email)) &&
  typeof email_verified === 'boolean' &&
  isTexts(roles) &&
  (permissions === undefined || isTexts(permissions)) &&
  isNumber(rv) &&
  isTexts(amr) &&
  isNumber(auth_time);

const isOfClient = ({ sid, sub, client_id, scope }: Fields): boolean =>
  sid === undefined && client_id === sub && isString(scope);

/** Null for whatever is no access token's payload. */
export function readClaims(payload: unknown): Claims | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const fields = payload as Fields;
  return hasCommon(fields) && (isOfUser(fields) || isOfClient(fields)) ? (payload as Claims) : null;
}

/** Leeway for clocks that differ, in seconds; for `iat` and `nbf` alone: with one for `exp` an expired grant would live on. */
const LEEWAY = 30;

export interface Expected {
  readonly issuer: string;
  readonly audience: readonly string[];
}

/** Why a token that is well signed is none for this service; null when it is. */
export function findFault(claims: Claims, { issuer, audience }: Expected, now: number): string | null {
  const { iss, aud, iat, nbf = 0 } = claims;
  if (iss !== issuer) return `The token is from ${iss}, not from ${issuer}`;
  const isOurs = typeof aud === 'string' ? audience.includes(aud) : aud.some((one) => audience.includes(one));
  if (!isOurs) return 'The token is for another audience';
  return Math.max(iat, nbf) * 1000 > now + LEEWAY * 1000 ? 'The token is not good yet' : null;
}

/**
 * A token is good until, and not at, `exp` (RFC 7519 §4.1.4).
 *
 * @param life - seconds; revocations are remembered for so long: what was issued for longer is cut to it
 */
export const hasExpired = ({ iat, exp }: Claims, now: number, life: number): boolean =>
  now >= Math.min(exp, iat + life) * 1000;
