// AWS KMS: https://docs.aws.amazon.com/kms/latest/APIReference; requests are signed with Signature Version 4.
import { createHash, createPublicKey } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import type { KmsConfigOf } from '../../../config/kms.ts';
import type { AwsCredentials } from '../../../config/kms-credentials.ts';
import type { Clock } from '../../clock.ts';
import { askKms, type KmsAnswer, readText } from './ask.ts';
import { createAwsCredentials } from './aws-credentials.ts';
import { type Kms, KmsError } from './kms.ts';
import { derToJose } from './signature.ts';

const SERVICE = 'AWS KMS';
const ALGORITHMS = { ES256: 'ECDSA_SHA_256', RS256: 'RSASSA_PKCS1_V1_5_SHA_256' } as const;

export function createAwsKms(config: KmsConfigOf<'aws'>, credentials: AwsCredentials, clock: Clock): Kms {
  const { region, timeout } = config;
  const url = `${config.url ?? `https://kms.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`}/`;

  const readKeys = createAwsCredentials(credentials, { clock, timeout });

  const ask = (action: string, input: object): Promise<KmsAnswer> =>
    askKms({
      service: SERVICE,
      async prepare() {
        const body = JSON.stringify(input);
        const signed = await new AwsV4Signer({
          ...(await readKeys()),
          method: 'POST',
          url,
          headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${action}` },
          body,
          service: 'kms',
          region,
          datetime: clock
            .now()
            .toISOString()
            .replaceAll(/[:-]|\.\d+/g, ''),
        }).sign();
        return { url, request: { method: 'POST', headers: Object.fromEntries(signed.headers), body, timeout } };
      },
      nameError: nameAwsError,
      passing: /^(Throttling|LimitExceeded|RequestLimitExceeded|DependencyTimeout|KMSInternal|KeyUnavailable)/,
    });

  return {
    kind: 'aws',
    // A key of the same region, whatever the alias points to by now.
    owns: (name) => name.split(':')[3] === region,
    async newest() {
      const { KeyId, PublicKey, KeyUsage } = await ask('GetPublicKey', { KeyId: config.key });
      if (KeyUsage !== 'SIGN_VERIFY') throw new KmsError(`${SERVICE}: ${config.key} is no key that signs`);
      const der = Buffer.from(readText(SERVICE, PublicKey), 'base64');
      return { name: readText(SERVICE, KeyId), publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
    },
    async sign(name, algorithm, bytes) {
      if (algorithm === 'EdDSA') throw new KmsError(`${SERVICE} signs no EdDSA tokens`);
      const { Signature } = await ask('Sign', {
        KeyId: name,
        // A whole message may have 4096 bytes at most.
        MessageType: 'DIGEST',
        Message: createHash('sha256').update(bytes).digest('base64'),
        SigningAlgorithm: ALGORITHMS[algorithm],
      });
      const signature = Uint8Array.from(Buffer.from(readText(SERVICE, Signature), 'base64'));
      return algorithm === 'ES256' ? derToJose(signature) : signature;
    },
  };
}

/** `com.amazonaws.kms#DisabledException`, with or without what stands before the name. */
function nameAwsError({ __type }: KmsAnswer): string | null {
  const name = typeof __type === 'string' ? __type.replace(/^.*#/, '') : '';
  return /^[A-Za-z]{1,80}$/.test(name) ? name : null;
}
