// An issuer of tokens in this process: keys over HTTP, a feed that says nothing but that it lives. For what is measured without a server.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createVerifierIn } from '../../../client-sdk/src/verifier/create-verifier.ts';
import { readVerifierEnvironment } from '../../../client-sdk/src/verifier/environment.ts';
import { readOptions } from '../../../client-sdk/src/verifier/options.ts';
import type { Verifier } from '../../../client-sdk/src/verify.ts';

export interface Issuer {
  readonly key: Awaited<ReturnType<typeof generateKeyPair>>['publicKey'];
  /** Tokens of so many sessions, as AuthCenter writes them for somebody with a few roles. */
  mint(count: number): Promise<string[]>;
  /** One that follows the feed, without any token yet. */
  openVerifier(): Promise<Verifier>;
  close(): void;
}

const ROLES = ['User', 'Editor'];
const PERMISSIONS = [
  'ai:USE',
  ...['COMMENT', 'CREATE', 'FAVORITE', 'PUBLISH', 'READ', 'SEARCH', 'UPDATE'].map((a) => `knowledge:${a}`),
];

export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/.well-known/jwks.json')
      return response.end(JSON.stringify({ keys: [{ ...jwk, kid, alg: 'ES256', use: 'sig' }] }));
    // What the client is granted: a token that nobody reads.
    const data = { access_token: 'x', token_type: 'Bearer', expires_in: 900, scope: 'feed:read' };
    return response.end(JSON.stringify({ result: { data: { json: data } } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const common = {
    iss: url,
    aud: ['authcenter'],
    roles: ROLES,
    permissions: PERMISSIONS,
    rv: 12,
    epoch: 0,
    amr: ['pwd'],
  };
  const sign = (index: number): Promise<string> => {
    const iat = Math.floor(Date.now() / 1000);
    const id = index.toString(16).padStart(24, '0');
    const own = {
      sub: id,
      user_id: id,
      userId: id,
      sid: id,
      username: `user_${index}`,
      email: `user_${index}@example.com`,
    };
    const times = { auth_time: iat, iat, exp: iat + 900, jti: crypto.randomUUID() };
    const claims = { ...common, ...own, ...times, email_verified: true };
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid, typ: 'at+jwt' }).sign(privateKey);
  };

  const records = [
    ...ROLES.map((name, index) => ({ type: 'role', id: `r${index}`, value: { name, rights_version: index + 1 } })),
    { type: 'key', id: kid, value: 'verifying' },
  ];
  async function* live(signal: AbortSignal) {
    for (let reset = true; !signal.aborted; reset = false) {
      const batch = { cursor: 'c', at: new Date(), reset, records: reset ? records : [] };
      yield `data: ${JSON.stringify(batch)}\n\n`;
      await sleep(5_000, undefined, { ref: false, signal });
    }
  }

  return {
    key: publicKey,
    mint: (count) => Promise.all(Array.from({ length: count }, (_, index) => sign(index))),
    async openVerifier() {
      const env = readVerifierEnvironment();
      const openStream: typeof env.openStream = async (_url, _headers, signal) => ({
        status: 200,
        header: () => null,
        chunks: live(signal),
      });
      const verifier = createVerifierIn({ ...env, openStream }, readOptions({ url, clientId: 'x', clientSecret: 'y' }));
      await verifier.ready();
      return verifier;
    },
    close: () => void server.close(),
  };
}
