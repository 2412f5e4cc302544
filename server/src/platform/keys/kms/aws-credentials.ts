// Keys to sign requests to AWS with: those of the environment, or a role's, which the container's platform gives for a while.
import type { AwsCredentials, AwsKeys } from '../../../config/kms-credentials.ts';
import type { Clock } from '../../clock.ts';
import { askKms, readText } from './ask.ts';
import { readSecret } from './read-secret.ts';
import { remember } from './remember.ts';

const SERVICE = "AWS's container credentials";

export function createAwsCredentials(
  { from }: AwsCredentials,
  { clock, timeout }: { readonly clock: Clock; readonly timeout: number },
): () => Promise<AwsKeys> {
  if ('accessKeyId' in from) return async () => from;
  const { url, token } = from;
  return remember(clock, async () => {
    const answer = await askKms({
      service: SERVICE,
      async prepare() {
        const authorization = token && readSecret(token, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE');
        return { url, request: { headers: authorization ? { authorization } : {}, timeout } };
      },
      nameError: () => null,
    });
    const value: AwsKeys = {
      accessKeyId: readText(SERVICE, answer.AccessKeyId),
      secretAccessKey: readText(SERVICE, answer.SecretAccessKey),
      sessionToken: readText(SERVICE, answer.Token),
    };
    return { value, until: Date.parse(readText(SERVICE, answer.Expiration)) };
  }).read;
}
