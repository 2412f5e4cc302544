// Access tokens of Google: for a service account by a JWT that its key signed (RFC 7523), else from the machine's metadata server.
import { importPKCS8, SignJWT } from 'jose';
import type { GcpCredentials } from '../../../config/kms-credentials.ts';
import { type Clock, toSeconds } from '../../clock.ts';
import { askKms, type KmsAnswer, readText } from './ask.ts';
import { KmsError } from './kms.ts';
import { type Remembered, remember } from './remember.ts';

const SERVICE = "Google's token service";
const SCOPE = 'https://www.googleapis.com/auth/cloudkms';

interface Options {
  readonly clock: Clock;
  readonly timeout: number;
}

export const createGoogleToken = (credentials: GcpCredentials, options: Options): Remembered<string> =>
  remember(options.clock, async () => {
    const { account, metadataHost } = credentials;
    const answer = await (account ? askWithKey(account, options) : askMetadata(metadataHost, options.timeout));
    const until = options.clock.now().getTime() + Number(answer.expires_in) * 1000;
    return { value: readText(SERVICE, answer.access_token), until };
  });

function askWithKey(account: NonNullable<GcpCredentials['account']>, { clock, timeout }: Options): Promise<KmsAnswer> {
  return askKms({
    service: SERVICE,
    async prepare() {
      const now = toSeconds(clock.now());
      const assertion = await new SignJWT({ scope: SCOPE })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: account.keyId })
        .setIssuer(account.email)
        .setSubject(account.email)
        .setAudience(account.tokenUrl)
        .setIssuedAt(now)
        .setExpirationTime(now + 3600)
        .sign(await readKey(account.privateKey));
      const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
      return { url: account.tokenUrl, request: { method: 'POST', body, timeout } };
    },
    nameError: nameGoogleError,
  });
}

const askMetadata = (host: string, timeout: number): Promise<KmsAnswer> =>
  askKms({
    service: "Google's metadata server",
    prepare: async () => ({
      url: `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`,
      request: { headers: { 'metadata-flavor': 'Google' }, timeout },
    }),
    nameError: nameGoogleError,
  });

async function readKey(pem: string) {
  try {
    return await importPKCS8(pem, 'RS256');
  } catch {
    // Without its cause, which may show the key.
    throw new KmsError('the private key of GOOGLE_APPLICATION_CREDENTIALS cannot be read');
  }
}

/** `error.status` of Google's APIs, or `error` of OAuth 2.0. */
export function nameGoogleError({ error }: KmsAnswer): string | null {
  const name = typeof error === 'object' && error !== null && 'status' in error ? error.status : error;
  return typeof name === 'string' && /^[A-Za-z_]{1,60}$/.test(name) ? name : null;
}
