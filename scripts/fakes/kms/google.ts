// A fake of Google Cloud KMS, with the token endpoint that it wants tokens from, and a machine's metadata server.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { jwtVerify } from 'jose';
import { z } from 'zod';
import type { ReceivedRequest, Reply } from '../http.ts';
import { type FakeKms, type FakeKmsOptions, type KmsState, readJson, startFakeKms } from './fake.ts';
import { signDigest, signMessage, writePem } from './key.ts';

const CRYPTO_KEY = 'projects/fake/locations/europe-west3/keyRings/authcenter/cryptoKeys/tokens';
const SCOPE = 'https://www.googleapis.com/auth/cloudkms';
const ACCOUNT = { client_email: 'authcenter@fake.iam.gserviceaccount.com', private_key_id: 'fake-key-id' };

const nameOf = (version: number): string => `${CRYPTO_KEY}/cryptoKeyVersions/${version}`;
const refused = (code: number, status: string): Reply => ({
  status: code,
  body: { error: { code, message: `${status} for somebody@example.com`, status } },
});

const ALGORITHMS = {
  ES256: 'EC_SIGN_P256_SHA256',
  RS256: 'RSA_SIGN_PKCS1_2048_SHA256',
  EdDSA: 'EC_SIGN_ED25519',
} as const;

const SignInput = z.union([
  z.strictObject({ digest: z.strictObject({ sha256: z.base64() }) }),
  z.strictObject({ data: z.base64() }),
]);

export type GcpConfig = { kind: 'gcp'; key: string; url: string; timeout: string };

export interface FakeGoogleKms extends FakeKms<GcpConfig> {
  /** What the file holds that GOOGLE_APPLICATION_CREDENTIALS names. */
  readonly serviceAccount: object;
  /** Tokens given out. */
  readonly tokens: ReadonlySet<string>;
  /** The tokens given out so far are good no longer. */
  expireTokens(): void;
}

export async function startFakeGoogleKms(options: FakeKmsOptions = {}): Promise<FakeGoogleKms> {
  const account = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const tokens = new Set<string>();
  const live = new Set<string>();
  let tokenUrl = '';
  const grant = (): Reply => {
    const token = `ya29.${randomUUID()}`;
    tokens.add(token);
    live.add(token);
    return { body: { access_token: token, expires_in: 3599, token_type: 'Bearer' } };
  };
  const { url, fake } = await startFakeKms(options, {
    misbehave: { forbidden: refused(403, 'PERMISSION_DENIED'), error: refused(503, 'UNAVAILABLE') },
    nameOf,
    exempt: /^\/(token|computeMetadata)/,
    async answer(request, state) {
      if (request.target === '/token') {
        const refusal = await judgeAssertion(request, { key: account.publicKey, tokenUrl, now: state.now() });
        return refusal === null ? grant() : state.refuse(refusal, { status: 400, body: { error: 'invalid_grant' } });
      }
      if (request.target === '/computeMetadata/v1/instance/service-accounts/default/token')
        return request.headers['metadata-flavor'] === 'Google' ? grant() : state.refuse('flavor', { status: 403 });
      const [, token = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
      return live.has(token) ? serve(request, state) : state.refuse('token', refused(401, 'UNAUTHENTICATED'));
    },
  });
  tokenUrl = `${url}/token`;
  const private_key = account.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    ...fake,
    config: { kind: 'gcp', key: CRYPTO_KEY, url, timeout: '1s' },
    env: { GCE_METADATA_HOST: new URL(url).host },
    serviceAccount: { type: 'service_account', project_id: 'fake', ...ACCOUNT, private_key, token_uri: tokenUrl },
    tokens,
    expireTokens: () => live.clear(),
  };
}

interface Expected {
  readonly key: Parameters<typeof jwtVerify>[1];
  readonly tokenUrl: string;
  readonly now: Date;
}

/** https://developers.google.com/identity/protocols/oauth2/service-account: an assertion for one hour at most. */
async function judgeAssertion({ body }: ReceivedRequest, { key, tokenUrl, now }: Expected): Promise<string | null> {
  const form = new URLSearchParams(body.toString());
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return 'grant_type';
  try {
    const { payload, protectedHeader } = await jwtVerify(form.get('assertion') ?? '', key, {
      algorithms: ['RS256'],
      issuer: ACCOUNT.client_email,
      audience: tokenUrl,
      currentDate: now,
      requiredClaims: ['iat', 'exp', 'scope'],
    });
    if (protectedHeader.kid !== ACCOUNT.private_key_id || payload['scope'] !== SCOPE) return 'scope';
    return (payload.exp ?? 0) - (payload.iat ?? 0) > 3600 ? 'life' : null;
  } catch {
    return 'assertion';
  }
}

function serve({ method, target, body }: ReceivedRequest, state: KmsState): Reply {
  const path = target.split('?')[0]?.replace('/v1/', '') ?? '';
  if (method === 'GET' && path === `${CRYPTO_KEY}/cryptoKeyVersions`) {
    if (new URL(target, 'http://x').searchParams.get('filter') !== 'state=ENABLED')
      return state.refuse('filter', refused(400, 'INVALID_ARGUMENT'));
    const cryptoKeyVersions = state.pairs.map((pair, index) => ({
      name: nameOf(index + 1),
      state: 'ENABLED',
      algorithm: ALGORITHMS[pair.algorithm],
    }));
    return { body: { cryptoKeyVersions, totalSize: cryptoKeyVersions.length } };
  }
  const [, name, act] = /^(.*\/cryptoKeyVersions\/\d+)(\/publicKey|:asymmetricSign)$/.exec(path) ?? [];
  const version = Number(name?.slice(name.lastIndexOf('/') + 1));
  const pair = name === nameOf(version) ? state.pairFor(version) : undefined;
  if (!pair) return state.refuse('path', refused(404, 'NOT_FOUND'));
  if (method === 'GET' && act === '/publicKey')
    return { body: { name, pem: writePem(pair), algorithm: ALGORITHMS[pair.algorithm] } };
  const input = SignInput.safeParse(readJson(body));
  if (method !== 'POST' || !input.success || 'data' in input.data !== (pair.algorithm === 'EdDSA'))
    return state.refuse('body', refused(400, 'INVALID_ARGUMENT'));
  const signature =
    'data' in input.data
      ? signMessage(pair, Buffer.from(input.data.data, 'base64'), 'der')
      : signDigest(pair, Buffer.from(input.data.digest.sha256, 'base64'));
  state.count(version);
  return { body: { name, signature: signature.toString('base64') } };
}
