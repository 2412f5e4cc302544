// The standard claims that are read (OpenID Connect Core §5.1).
import { z } from 'zod';
import { readAnswer } from './ask.ts';
import { furtherId, idText, profileText } from './identity.ts';

/** A boolean; some issuers write it as text. */
const affirmed = z
  .unknown()
  .transform((value) => value === true || value === 'true')
  .prefault(false);

const Claims = z.object({
  sub: idText,
  name: profileText,
  preferred_username: furtherId,
  picture: profileText,
  email: profileText,
  email_verified: affirmed,
  phone_number: profileText,
  phone_number_verified: affirmed,
  /** Google's: the company that the account belongs to. */
  hd: furtherId,
});
export type Claims = z.output<typeof Claims>;

/** @throws ProviderError `refused` when they name nobody */
export const readClaims = (body: object, from: string): Claims =>
  readAnswer({ from, status: 200, body, sent: [] }, Claims);

/**
 * Many issuers keep ID tokens small and tell the profile at the userinfo endpoint (OpenID Connect Core §5.4).
 *
 * @param ask - null where there is no such endpoint
 */
export async function completeClaims(claims: Claims, ask: (claims: Claims) => Promise<object | null>): Promise<Claims> {
  if (claims.email !== undefined && claims.name !== undefined) return claims;
  const answer = await ask(claims);
  if (answer === null) return claims;
  const told = readClaims(answer, 'userinfo');
  const known = Object.entries(claims).filter(([, value]) => value !== undefined);
  // An address and what is said of it come from one place.
  const { email, email_verified } = claims.email === undefined ? told : claims;
  const { phone_number, phone_number_verified } = claims.phone_number === undefined ? told : claims;
  return { ...told, ...Object.fromEntries(known), email, email_verified, phone_number, phone_number_verified };
}
