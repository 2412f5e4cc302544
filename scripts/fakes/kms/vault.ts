// A fake of Vault's transit engine: keys and signatures under a token, in a namespace, as the documentation has them.
import { z } from 'zod';
import type { ReceivedRequest, Reply } from '../http.ts';
import { type FakeKms, type FakeKmsOptions, type KmsState, readJson, startFakeKms } from './fake.ts';
import { signMessage, writePem } from './key.ts';

const TOKEN = 'hvs.fakeVaultToken';
const NAMESPACE = 'team/identity';
const KEY = 'authcenter';

const refused = (status: number, ...errors: string[]): Reply => ({ status, body: { errors } });

const TYPES = { ES256: 'ecdsa-p256', RS256: 'rsa-2048', EdDSA: 'ed25519' } as const;

/** The fields of a signature's request that are used here; Vault ignores others, this refuses them. */
const SignBody = z.strictObject({
  input: z.base64(),
  key_version: z.int().default(0),
  hash_algorithm: z.literal('sha2-256').optional(),
  marshaling_algorithm: z.enum(['asn1', 'jws']).default('asn1'),
  signature_algorithm: z.enum(['pss', 'pkcs1v15']).default('pss'),
  prehashed: z.literal(false).optional(),
});

export type VaultConfig = { kind: 'vault'; url: string; key: string; namespace: string; timeout: string };

export async function startFakeVault(options: FakeKmsOptions = {}): Promise<FakeKms<VaultConfig>> {
  const { url, fake } = await startFakeKms(options, {
    misbehave: {
      forbidden: refused(403, '1 error occurred:\n\t* permission denied\n\n'),
      error: refused(503, 'Vault is sealed'),
    },
    nameOf: (version) => `transit/keys/${KEY}:${version}`,
    answer,
  });
  return {
    ...fake,
    config: { kind: 'vault', url, key: KEY, namespace: NAMESPACE, timeout: '1s' },
    env: { VAULT_TOKEN: TOKEN },
  };
}

function answer({ method, target, headers, body }: ReceivedRequest, state: KmsState): Reply {
  if (headers['x-vault-token'] !== TOKEN) return state.refuse('token', refused(403, 'permission denied'));
  // Without its namespace the path leads elsewhere.
  if (headers['x-vault-namespace'] !== NAMESPACE)
    return state.refuse('namespace', refused(404, `no handler for route "${target}"`));
  if (method === 'GET' && target === `/v1/transit/keys/${KEY}`) return { body: { data: describe(state) } };
  if (method === 'POST' && target === `/v1/transit/sign/${KEY}`) return sign(readJson(body), state);
  return state.refuse('path', refused(404));
}

function describe({ pairs }: KmsState): object {
  const algorithm = pairs.at(-1)?.algorithm ?? 'ES256';
  return {
    type: TYPES[algorithm],
    name: KEY,
    latest_version: pairs.length,
    min_available_version: 0,
    min_decryption_version: 1,
    min_encryption_version: 0,
    exportable: false,
    supports_signing: true,
    keys: Object.fromEntries(
      pairs.map((pair, index) => [
        String(index + 1),
        {
          creation_time: new Date(0).toISOString(),
          name: TYPES[pair.algorithm],
          // Of Ed25519 the bare key, in base64.
          public_key:
            pair.algorithm === 'EdDSA'
              ? Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64')
              : writePem(pair),
        },
      ]),
    ),
  };
}

function sign(input: unknown, state: KmsState): Reply {
  const parsed = SignBody.safeParse(input);
  if (!parsed.success) return state.refuse('body', refused(400, parsed.error.issues[0]?.message ?? ''));
  const { data } = parsed;
  const version = data.key_version || state.pairs.length;
  const pair = state.pairFor(version);
  if (!pair) return refused(400, 'requested version for signing is not available');
  // PSS is Vault's default and no RS256.
  if (pair.algorithm === 'RS256' && data.signature_algorithm !== 'pkcs1v15')
    return state.refuse('pss', refused(400, 'a signature that nobody could verify'));
  const jws = data.marshaling_algorithm === 'jws';
  const signature = signMessage(pair, Buffer.from(data.input, 'base64'), jws ? 'ieee-p1363' : 'der');
  state.count(version);
  return {
    body: {
      data: {
        signature: `vault:v${version}:${signature.toString(jws ? 'base64url' : 'base64')}`,
        key_version: version,
      },
    },
  };
}
