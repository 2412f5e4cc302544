// Vault's transit engine: https://developer.hashicorp.com/vault/api-docs/secret/transit
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { KmsConfigOf } from '../../../config/kms.ts';
import type { VaultCredentials } from '../../../config/kms-credentials.ts';
import { askKms, asRecord, type KmsAnswer, readText } from './ask.ts';
import { type Kms, KmsError } from './kms.ts';
import { readSecret } from './read-secret.ts';

const SERVICE = 'Vault';

export function createVault(config: KmsConfigOf<'vault'>, { token }: VaultCredentials): Kms {
  const { url, mount, key, namespace, timeout } = config;
  const own = `${mount}/keys/${key}:`;

  const ask = (path: string, body?: object): Promise<KmsAnswer> =>
    askKms({
      service: SERVICE,
      prepare: async () => ({
        url: `${url}/v1/${mount}/${path}`,
        request: {
          method: body ? 'POST' : 'GET',
          headers: {
            'x-vault-token': readSecret(token, 'VAULT_TOKEN_FILE'),
            'x-vault-request': 'true',
            ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
            ...(body ? { 'content-type': 'application/json' } : {}),
          },
          ...(body ? { body: JSON.stringify(body) } : {}),
          timeout,
        },
      }),
      nameError: nameVaultError,
    });

  return {
    kind: 'vault',
    owns: (name) => name.startsWith(own),
    async newest() {
      const data = asRecord((await ask(`keys/${key}`)).data);
      const version = String(data.latest_version);
      const { public_key } = asRecord(asRecord(data.keys)[version]);
      // Keys that only encrypt have no public part.
      if (typeof public_key !== 'string') throw new KmsError(`${SERVICE}: ${mount}/keys/${key} is no key that signs`);
      return { name: `${own}${version}`, publicKey: readPublicKey(public_key) };
    },
    async sign(name, algorithm, bytes) {
      const { data } = await ask(`sign/${key}`, {
        input: Buffer.from(bytes).toString('base64'),
        key_version: Number(name.slice(own.length)),
        // r and s side by side (RFC 7518 §3.4); for other algorithms only the alphabet of base64 differs by it.
        marshaling_algorithm: 'jws',
        ...(algorithm === 'EdDSA' ? {} : { hash_algorithm: 'sha2-256', prehashed: false }),
        ...(algorithm === 'RS256' ? { signature_algorithm: 'pkcs1v15' } : {}),
      });
      const [, signature] = /^vault:v\d+:([\w+/=-]+)$/.exec(readText(SERVICE, asRecord(data).signature)) ?? [];
      return Uint8Array.from(Buffer.from(readText(SERVICE, signature), 'base64'));
    },
  };
}

/** PEM; of an Ed25519 key the bare 32 bytes. */
function readPublicKey(text: string): KeyObject {
  if (text.includes('BEGIN')) return createPublicKey(text);
  const x = Buffer.from(text, 'base64').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

/** Vault says what is wrong in words; of those only what is known to carry nothing else. */
function nameVaultError({ errors }: KmsAnswer): string | null {
  const text = Array.isArray(errors) ? errors.join(' ') : '';
  return (
    ['permission denied', 'invalid token', 'Vault is sealed', 'no handler for route', 'encryption key not found'].find(
      (known) => text.includes(known),
    ) ?? null
  );
}
