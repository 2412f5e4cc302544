// Compact JWS by node's own primitives, held against a library of its own.
import { createHmac, createSecretKey, KeyObject, randomBytes } from 'node:crypto';
import { compactVerify, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { openMac, signJws } from '../../../../server/src/platform/tokens/jws.ts';

const payload = { sub: 'somebody', name: '李雷', exp: 1 };

describe.each(['ES256', 'RS256', 'EdDSA'])('%s', (alg) => {
  test('is what the library verifies', async () => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const header = { alg, kid: 'k', typ: 'at+jwt' };
    const opened = await compactVerify(signJws(header, payload, KeyObject.from(privateKey)), publicKey);
    expect(opened.protectedHeader).toEqual(header);
    expect(JSON.parse(new TextDecoder().decode(opened.payload))).toEqual(payload);
  });
});

test('an algorithm that is not known signs nothing', () => {
  const key = createSecretKey(randomBytes(32));
  for (const alg of ['none', 'HS512', 'toString'])
    expect(() => signJws({ alg, kid: 'k', typ: 't' }, payload, key)).toThrow(alg);
});

describe('HS256', () => {
  const secret = randomBytes(32);
  const key = createSecretKey(secret);
  const header = { alg: 'HS256', kid: 'k', typ: 'rt+jwt' };
  const token = signJws(header, payload, key);
  const [head, body, mac] = token.split('.') as [string, string, string];

  test('is, byte for byte, what the library makes and verifies', async () => {
    expect(await new SignJWT(payload).setProtectedHeader(header).sign(secret)).toBe(token);
    await compactVerify(token, secret);
    expect(JSON.parse(openMac(token, key) ?? '')).toEqual(payload);
  });

  test('opens by its own key and in its own spelling alone', () => {
    const other = createHmac('sha256', randomBytes(32)).update(`${head}.${body}`).digest('base64url');
    const otherBody = Buffer.from(JSON.stringify({ ...payload, sub: 'somebody else' })).toString('base64url');
    for (const forged of [
      `${head}.${body}.${other}`,
      `${head}.${otherBody}.${mac}`,
      `${head}.${body}.${mac}=`,
      `${head}.${body}.${mac} `,
      `${head}.${body}.${mac.slice(0, -1)}`,
      `${head}.${body}.`,
      `${head}.${body}`,
      `${token}.x`,
      '',
    ])
      expect(openMac(forged, key), forged).toBeNull();
  });
});
