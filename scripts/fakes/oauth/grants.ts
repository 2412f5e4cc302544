// What a code stands for, and whether an exchange of it is in order.
import { createHash } from 'node:crypto';
import type { FakeRequest } from './server.ts';
import { createTickets, type Tickets } from './tickets.ts';

export interface Grant {
  readonly person: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly nonce: string | null;
  readonly scopes: readonly string[];
}

export type Grants = Tickets<Grant>;

/** RFC 6749 §4.1.2 recommends ten minutes at most; most providers give five. */
export const createGrants = (now: () => Date): Grants => createTickets(now, 5 * 60_000);

/** @param clientId - the name of its parameter */
export const grantOf = (person: string, { query }: FakeRequest, clientId = 'client_id'): Grant => ({
  person,
  clientId: query.get(clientId) ?? '',
  redirectUri: query.get('redirect_uri') ?? '',
  challenge: query.get('code_challenge'),
  nonce: query.get('nonce'),
  scopes: (query.get('scope') ?? '').split(/[ ,]/).filter((scope) => scope !== ''),
});

/** RFC 7636 §4.6; a code that was asked for without a challenge takes none (§4.4.1, RFC 9700 §2.1.1). */
export function fitsChallenge({ challenge }: Grant, verifier: string | undefined): boolean {
  if (challenge === null) return verifier === undefined;
  return (
    createHash('sha256')
      .update(verifier ?? '')
      .digest('base64url') === challenge
  );
}
