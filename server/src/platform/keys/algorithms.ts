// The algorithms that tokens are signed with, as WebCrypto knows them.

/** Algorithms of access tokens (RFC 7518 §3.1, RFC 8037). Fixed by the key, never by the token. */
export type SigningAlgorithm = 'ES256' | 'RS256' | 'EdDSA';

/** The refresh key never leaves AuthCenter, so a MAC serves: the same claims give the same token, byte for byte. */
export const REFRESH_ALGORITHM = 'HS256';

type SigningParameters = Parameters<typeof crypto.subtle.sign>[0];

const PARAMETERS: Readonly<Record<string, SigningParameters>> = {
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  RS256: 'RSASSA-PKCS1-v1_5',
  EdDSA: 'Ed25519',
  HS256: 'HMAC',
};

export function parametersOf(alg: string): SigningParameters {
  const parameters = PARAMETERS[alg];
  if (parameters === undefined) throw new Error(`${alg} is no algorithm of the key ring`);
  return parameters;
}
