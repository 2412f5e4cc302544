// Google Cloud KMS: https://cloud.google.com/kms/docs/reference/rest
import { createHash, createPublicKey } from 'node:crypto';
import type { KmsConfigOf } from '../../../config/kms.ts';
import type { GcpCredentials } from '../../../config/kms-credentials.ts';
import type { Clock } from '../../clock.ts';
import { askKms, asRecord, type KmsAnswer, readText } from './ask.ts';
import { createGoogleToken, nameGoogleError } from './google-token.ts';
import { type Kms, KmsError } from './kms.ts';
import { derToJose } from './signature.ts';

const SERVICE = 'Google Cloud KMS';

export function createGoogleKms(config: KmsConfigOf<'gcp'>, credentials: GcpCredentials, clock: Clock): Kms {
  const { url, key, timeout } = config;
  const token = createGoogleToken(credentials, { clock, timeout });
  const [cryptoKey = '', pinned] = key.split('/cryptoKeyVersions/');

  const askOnce = (path: string, body?: object): Promise<KmsAnswer> =>
    askKms({
      service: SERVICE,
      prepare: async () => ({
        url: `${url}/v1/${path}`,
        request: {
          method: body ? 'POST' : 'GET',
          headers: {
            authorization: `Bearer ${await token.read()}`,
            ...(body ? { 'content-type': 'application/json' } : {}),
          },
          ...(body ? { body: JSON.stringify(body) } : {}),
          timeout,
        },
      }),
      nameError: nameGoogleError,
    });

  async function ask(path: string, body?: object): Promise<KmsAnswer> {
    try {
      return await askOnce(path, body);
    } catch (error) {
      if (!(error instanceof KmsError && error.status === 401)) throw error;
      token.forget();
      return askOnce(path, body);
    }
  }

  async function findNewest(): Promise<string> {
    if (pinned !== undefined) return key;
    const filter = new URLSearchParams({ filter: 'state=ENABLED', orderBy: 'createTime desc', pageSize: '100' });
    const { cryptoKeyVersions } = await ask(`${cryptoKey}/cryptoKeyVersions?${filter}`);
    const names = Array.isArray(cryptoKeyVersions) ? cryptoKeyVersions.map((one) => String(asRecord(one).name)) : [];
    const newest = names.toSorted((a, b) => versionOf(b) - versionOf(a))[0];
    if (newest === undefined) throw new KmsError(`${SERVICE}: ${cryptoKey} has no enabled version`);
    return newest;
  }

  return {
    kind: 'gcp',
    owns: (name) => name.startsWith(`${cryptoKey}/cryptoKeyVersions/`),
    async newest() {
      const name = await findNewest();
      const { pem } = await ask(`${name}/publicKey`);
      return { name, publicKey: createPublicKey(readText(SERVICE, pem)) };
    },
    async sign(name, algorithm, bytes) {
      const { signature, name: by } = await ask(
        `${name}:asymmetricSign`,
        algorithm === 'EdDSA'
          ? { data: Buffer.from(bytes).toString('base64') }
          : { digest: { sha256: createHash('sha256').update(bytes).digest('base64') } },
      );
      if (by !== name) throw new KmsError(`${SERVICE} signed with another version than it was asked to`);
      const made = Uint8Array.from(Buffer.from(readText(SERVICE, signature), 'base64'));
      return algorithm === 'ES256' ? derToJose(made) : made;
    },
  };
}

const versionOf = (name: string): number => Number(name.slice(name.lastIndexOf('/') + 1));
