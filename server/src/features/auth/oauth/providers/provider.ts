// What a sign-in provider is to AuthCenter: where to send the browser, and who came back.

/** What the authorization request is bound to (RFC 6749 §4.1.1, RFC 7636, OpenID Connect Core §3.1.2.1). */
export interface AuthorizationRequest {
  /** Our callback, exactly as registered with the provider. */
  readonly redirectUri: string;
  /** Letters and digits alone, at most 128: WeCom takes nothing else. */
  readonly state: string;
  /** Kept here, sent at the exchange where the provider has PKCE. */
  readonly codeVerifier: string;
  /** Bound into the ID token where there is one. */
  readonly nonce: string;
  readonly language: 'zh' | 'en';
  /** The browser's User-Agent: inside its own app WeCom has another page. Absent, the page for any browser is taken. */
  readonly userAgent?: string;
}

/** Who came back. Names, addresses and pictures are the provider's claims. */
export interface ProviderIdentity {
  /** Stable for this person at this provider, and never given to another. */
  readonly subject: string;
  /** What the subject was before the provider told a better one: an identity known by it is the same person's. */
  readonly formerSubject?: string;
  /** Lower case; absent where the provider tells none. */
  readonly email?: string;
  /** Whether the provider says it has verified the address; false where it says nothing. */
  readonly emailVerified: boolean;
  /** E.164, verified by the provider or, at WeCom and Feishu, vouched for by the company's administrators; absent where it tells none. */
  readonly phone?: string;
  readonly name?: string;
  /** An http(s) URL. */
  readonly avatar?: string;
  /** Other ids that the provider knows the person by (openid, userid, tenant), for whoever has to find them there. */
  readonly ids: Readonly<Record<string, string>>;
}

export interface OAuthProvider {
  /** The key in the configuration; part of every identity it tells. */
  readonly id: string;
  readonly kind: string;
  /** For buttons. */
  readonly displayName: string;
  /** @throws ProviderError `unavailable` when its metadata cannot be read */
  authorizationUrl(request: AuthorizationRequest): Promise<URL>;
  /**
   * From the query the browser came back with to who it is. The state was checked before.
   *
   * @param callback - the callback as it was called, query included
   * @throws ProviderError
   */
  identify(callback: URL, request: AuthorizationRequest): Promise<ProviderIdentity>;
}

/**
 * `denied`: the person said no. `not_a_member`: the company's gate is shut for them. `refused`: the code, an answer or a signature is
 * not good. `unavailable`: the provider did not answer.
 */
export type ProviderFailure = 'denied' | 'not_a_member' | 'refused' | 'unavailable';

/** Carries the provider's own code and message for the log; never a token or code, and no cause: it might. */
export class ProviderError extends Error {
  override name = 'ProviderError';
  readonly failure: ProviderFailure;

  constructor(failure: ProviderFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
