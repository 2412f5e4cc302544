// The ring of signing keys: one signs, those before it still verify, as at the server.
import {
  calculateJwkThumbprint,
  compactVerify,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
} from 'jose';

/** A public key as the JWKS has it (RFC 7517). */
export interface PublicKey {
  readonly kid: string;
  readonly kty: string;
  readonly alg: string;
  readonly use: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
}

export interface KeySet {
  /** Not read-only: libraries that read key sets do not take those. */
  keys: PublicKey[];
}

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;
interface Key extends KeyPair {
  readonly jwk: PublicKey;
}

export const ALGORITHM = 'ES256';

async function newKey(): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
  const { kty = '', crv = '', x = '', y = '' } = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint({ kty, crv, x, y });
  return { jwk: { kty, crv, x, y, kid, alg: ALGORITHM, use: 'sig' }, publicKey, privateKey };
}

export interface Keys {
  /** @param typ - the header that tells kinds of tokens apart (RFC 9068 §2.1) */
  sign(typ: string, claims: JWTPayload): Promise<string>;
  /** The claims of a token of that kind under a key of the ring, whatever they say; null for any other token. */
  verify(typ: string, token: string): Promise<JWTPayload | null>;
  jwks(): Promise<KeySet>;
  /** @returns the id of the key that signs from now on */
  rotate(): Promise<string>;
  revoke(kid: string): Promise<void>;
}

/** The first key is made when it is first needed: making one is asynchronous. */
export function createKeys(): Keys {
  let ring: Promise<readonly Key[]> | undefined;
  const read = (): Promise<readonly Key[]> => {
    ring ??= newKey().then((key) => [key]);
    return ring;
  };
  const rotate = async (): Promise<string> => {
    const key = await newKey();
    ring = read().then((before) => [key, ...before]);
    await ring;
    return key.jwk.kid;
  };
  return {
    async sign(typ, claims) {
      const [key] = await read();
      if (!key) throw new Error('Every key is revoked: make another by rotateKeys()');
      return new SignJWT(claims).setProtectedHeader({ alg: ALGORITHM, kid: key.jwk.kid, typ }).sign(key.privateKey);
    },
    async verify(typ, token) {
      try {
        const header = decodeProtectedHeader(token);
        const key = (await read()).find(({ jwk }) => jwk.kid === header.kid);
        if (!key || header.typ !== typ) return null;
        const { payload } = await compactVerify(token, key.publicKey, { algorithms: [ALGORITHM] });
        return JSON.parse(new TextDecoder().decode(payload)) as JWTPayload;
      } catch {
        return null;
      }
    },
    jwks: async () => ({ keys: (await read()).map(({ jwk }) => jwk) }),
    rotate,
    async revoke(kid) {
      ring = read().then((keys) => keys.filter(({ jwk }) => jwk.kid !== kid));
      await ring;
    },
  };
}
