// Contract of third-party sign-in.
import { z } from 'zod';

export const ProviderId = z
  .string()
  .regex(/^[a-z0-9_-]{1,32}$/, 'is not the id of a provider')
  .meta({ example: 'wechat' });

export const Providers = z.object({
  items: z.array(z.object({ id: z.string(), kind: z.string(), display_name: z.string() })),
});

/** RFC 7636 §4.2: the SHA-256 of the verifier, base64url. `plain` is not accepted. */
const CodeChallenge = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'must be a S256 challenge (RFC 7636)')
  .meta({ example: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' });

export const RedirectUri = z.string().min(1).max(2048).meta({ example: 'https://app.example.com/callback' });
export const ClientId = z.string().min(1).max(64).meta({ example: '6650f0a1b2c3d4e5f6a7b8c9' });

export const AuthorizeInput = z.strictObject({
  provider: ProviderId,
  client_id: ClientId,
  redirect_uri: RedirectUri,
  state: z.string().min(1).max(512).describe('Comes back to the application as it was sent'),
  code_challenge: CodeChallenge,
  code_challenge_method: z.literal('S256').default('S256'),
  response_type: z.literal('code').default('code'),
});
export type AuthorizeInput = z.output<typeof AuthorizeInput>;

/** Where the browser goes next: over REST the `Location` of a 302. */
export const Redirect = z.object({ url: z.string() });
export type Redirect = z.output<typeof Redirect>;

const fromProvider = z.string().max(4096).optional();
/** Providers add parameters of their own; only these are read. */
export const OAuthCallbackInput = z.object({
  provider: ProviderId,
  state: z.string().max(512).optional(),
  code: fromProvider,
  authCode: fromProvider,
  error: fromProvider,
  error_description: fromProvider,
  iss: fromProvider,
});
export type OAuthCallbackInput = z.output<typeof OAuthCallbackInput>;

export const LinkProviderInput = z.strictObject({
  provider: ProviderId,
  client_id: ClientId,
  redirect_uri: RedirectUri.describe('Where the browser goes when it is done, with `linked` or `error` in the query'),
});
export type LinkProviderInput = z.output<typeof LinkProviderInput>;

export const UnlinkProviderInput = z.strictObject({ provider: ProviderId });

export const OAuthIdentities = z.object({
  items: z.array(
    z.object({
      provider: z.string(),
      name: z.string().nullable(),
      email: z.string().nullable(),
      avatar: z.string().nullable(),
      linked_at: z.date(),
    }),
  ),
});
