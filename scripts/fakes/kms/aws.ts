// A fake of AWS KMS: GetPublicKey and Sign over JSON 1.1, under Signature Version 4. Its alias points to the newest key.
import { z } from 'zod';
import type { ReceivedRequest, Reply } from '../http.ts';
import { judgeAwsRequest } from './aws-signature.ts';
import { type FakeKms, type FakeKmsOptions, type KmsState, readJson, startFakeKms } from './fake.ts';
import { signDigest } from './key.ts';

const KEY = { id: 'AKIAFAKEACCESSKEY000', secret: 'fake/Secret+Access=Key', sessionToken: 'fake//session+token==' };
const REGION = 'eu-central-1';
const ALIAS = 'alias/authcenter';

const arnOf = (version: number): string =>
  `arn:aws:kms:${REGION}:111122223333:key/00000000-0000-4000-8000-${String(version).padStart(12, '0')}`;

const refused = (name: string, status = 400): Reply => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.1' },
  body: { __type: name, message: `${name} of arn:aws:iam::111122223333:user/somebody` },
});

const SPECS = { ES256: 'ECC_NIST_P256', RS256: 'RSA_2048', EdDSA: 'ECC_NIST_EDWARDS25519' } as const;
const ALGORITHMS = { ES256: 'ECDSA_SHA_256', RS256: 'RSASSA_PKCS1_V1_5_SHA_256', EdDSA: 'ED25519_SHA_512' } as const;

const SignInput = z.strictObject({
  KeyId: z.string(),
  Message: z.base64(),
  MessageType: z.literal('DIGEST'),
  SigningAlgorithm: z.string(),
});

/** Where a container gets the keys of its role, and what it has to show there. */
const CONTAINER = { path: '/v1/credentials', token: 'eyFakePodIdentityToken' };
const ROLE_LIFE = 6 * 3_600_000;

export interface FakeAwsKms extends FakeKms<AwsConfig> {
  /** The variables of a container that has a role, in place of keys; the token stands in a file. */
  readonly containerEnv: Readonly<Record<string, string>>;
  readonly containerToken: string;
  /** How often a container got keys. */
  grants(): number;
}

export type AwsConfig = { kind: 'aws'; key: string; region: string; url: string; timeout: string };

export async function startFakeAwsKms(options: FakeKmsOptions = {}): Promise<FakeAwsKms> {
  let grants = 0;
  const { url, fake } = await startFakeKms(options, {
    misbehave: { forbidden: refused('AccessDeniedException'), error: refused('KMSInternalException', 500) },
    nameOf: arnOf,
    exempt: /^\/v1\/credentials/,
    answer(request, state) {
      if (request.target !== CONTAINER.path) return answer(request, state);
      if (request.headers.authorization !== CONTAINER.token)
        return state.refuse('container', { status: 403, body: '' });
      grants++;
      const Expiration = new Date(state.now().getTime() + ROLE_LIFE).toISOString();
      return {
        body: { AccessKeyId: KEY.id, SecretAccessKey: KEY.secret, Token: KEY.sessionToken, Expiration, AccountId: '1' },
      };
    },
  });
  return {
    ...fake,
    containerEnv: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}${CONTAINER.path}` },
    containerToken: CONTAINER.token,
    grants: () => grants,
    config: { kind: 'aws', key: ALIAS, region: REGION, url, timeout: '1s' },
    env: { AWS_ACCESS_KEY_ID: KEY.id, AWS_SECRET_ACCESS_KEY: KEY.secret, AWS_SESSION_TOKEN: KEY.sessionToken },
  };
}

function answer(request: ReceivedRequest, state: KmsState): Reply {
  const refusal = judgeAwsRequest(request, { key: KEY, region: REGION, service: 'kms', now: state.now() });
  if (refusal !== null) return state.refuse(refusal, refused(refusal));
  if (request.method !== 'POST' || request.headers['content-type'] !== 'application/x-amz-json-1.1')
    return state.refuse('form', refused('UnknownOperationException', 404));
  const input = readJson(request.body);
  const version = input['KeyId'] === ALIAS ? state.pairs.length : Number(String(input['KeyId']).slice(-12));
  const pair = state.pairFor(version);
  if (!pair || (input['KeyId'] !== ALIAS && input['KeyId'] !== arnOf(version)))
    return state.refuse('key', refused('NotFoundException'));
  switch (request.headers['x-amz-target']) {
    case 'TrentService.GetPublicKey':
      return {
        body: {
          KeyId: arnOf(version),
          KeySpec: SPECS[pair.algorithm],
          KeyUsage: 'SIGN_VERIFY',
          PublicKey: pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
          SigningAlgorithms: [ALGORITHMS[pair.algorithm]],
        },
      };
    case 'TrentService.Sign': {
      const parsed = SignInput.safeParse(input);
      if (!parsed.success) return state.refuse('body', refused('ValidationException'));
      const digest = Buffer.from(parsed.data.Message, 'base64');
      if (parsed.data.SigningAlgorithm !== ALGORITHMS[pair.algorithm]) return refused('InvalidKeyUsageException');
      if (digest.length !== 32) return state.refuse('digest', refused('ValidationException'));
      state.count(version);
      const Signature = signDigest(pair, digest).toString('base64');
      return { body: { KeyId: arnOf(version), Signature, SigningAlgorithm: parsed.data.SigningAlgorithm } };
    }
    default:
      return state.refuse('target', refused('UnknownOperationException', 404));
  }
}
