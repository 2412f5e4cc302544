// ID tokens of the fake issuer, true ones and those that must not be believed.
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';

/**
 * A claim that is wrong, or a signature: by another key under the same id, with HMAC and the client's id, or none at all. `unsigned`
 * leaves the header and takes the signature off.
 */
export type IdTokenLie =
  | 'nonce'
  | 'no_nonce'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'signature'
  | 'unsigned'
  | 'hmac'
  | 'alg_none'
  | 'no_id_token';

interface Claims extends JWTPayload {
  readonly nonce: string | null;
}

const HEADER = { alg: 'RS256', kid: 'fake-key' };

export async function createIdTokens(now: () => Date) {
  const [own, foreign] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  const jwks = { keys: [{ ...(await exportJWK(own.publicKey)), ...HEADER, use: 'sig' }] };

  async function sign(claims: Claims, lie: string | null): Promise<string | undefined> {
    const iat = Math.floor(now().getTime() / 1000);
    const told: JWTPayload = { ...claims, iat, exp: iat + 3600, ...lieOf(claims, lie, iat) };
    if (lie === 'no_id_token') return undefined;
    if (lie === 'alg_none') return new UnsecuredJWT(told).encode();
    if (lie === 'hmac') {
      const key = new TextEncoder().encode(String(claims.aud).padEnd(32, '0'));
      return new SignJWT(told).setProtectedHeader({ ...HEADER, alg: 'HS256' }).sign(key);
    }
    const token = await new SignJWT(told)
      .setProtectedHeader(HEADER)
      .sign(lie === 'signature' ? foreign.privateKey : own.privateKey);
    return lie === 'unsigned' ? token.replace(/[^.]+$/, '') : token;
  }

  return { jwks, sign };
}

function lieOf({ nonce }: Claims, lie: string | null, iat: number): JWTPayload {
  if (lie === 'nonce') return { nonce: `${nonce}x` };
  if (lie === 'no_nonce') return { nonce: undefined };
  if (lie === 'issuer') return { iss: 'https://elsewhere.example.com' };
  if (lie === 'audience') return { aud: 'another-client' };
  return lie === 'expired' ? { iat: iat - 7200, exp: iat - 3600 } : {};
}
