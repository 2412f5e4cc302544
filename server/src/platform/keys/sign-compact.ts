// A JWS in compact form (RFC 7515 §7.1) by any signer: jose signs only with keys that are in this process.
import { base64url, type JWTPayload } from 'jose';
import type { Signer } from './signer.ts';

const encoder = new TextEncoder();
const encodePart = (part: object): string => base64url.encode(JSON.stringify(part));

export async function signCompact(signer: Signer, typ: string, payload: JWTPayload): Promise<string> {
  const { alg, kid } = signer;
  const signed = `${encodePart({ alg, kid, typ })}.${encodePart(payload)}`;
  return `${signed}.${base64url.encode(await signer.sign(encoder.encode(signed)))}`;
}
