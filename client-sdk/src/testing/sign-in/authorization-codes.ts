// Authorization codes: issued when somebody has signed in elsewhere, exchanged by the application, once.

import type { UserRecord } from '../people/users.ts';
import { newSecret } from '../random.ts';
import type { AuthorizationCode, World } from '../world.ts';

type CodeRequest = Pick<AuthorizationCode, 'clientId' | 'redirectUri' | 'codeChallenge' | 'userId' | 'methods'>;

/** In ms. */
const CODE_LIFE = 60_000;

export function issueCode({ codes, clock }: World, request: CodeRequest): string {
  const code = newSecret();
  const goodUntil = new Date(clock.now().getTime() + CODE_LIFE);
  codes.set(code, { ...request, goodUntil, isUsed: false, sessionId: null });
  return code;
}

/** What the code was issued for may have been unlinked meanwhile. Who is disabled is told so. */
export const stillHas = ({ status, identities }: UserRecord, methods: readonly string[]): boolean =>
  status !== 'active' ||
  methods.every(
    (method) => !method.startsWith('oauth:') || identities.some(({ provider }) => method === `oauth:${provider}`),
  );
