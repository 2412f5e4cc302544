// The two tRPC clients: one whose calls carry the session, and a bare one for what opens, renews and ends it.
import { createTRPCClient, httpBatchLink, httpLink, splitLink } from '@trpc/client';
import { callLink } from './call-link.ts';
import type { CallContext, Credentials } from './credentials.ts';
import type { Environment } from './environment.ts';
import { createPerform } from './perform.ts';
import type { Api, AppRouter } from './router.ts';
import type { Session } from './session.ts';
import { createTransport } from './transport.ts';
import { wire } from './wire.ts';

export interface Connection {
  /** Without a slash at the end. */
  readonly url: string;
  readonly env: Environment;
  /** Milliseconds. */
  readonly retryFor: number;
  readonly language: string | undefined;
  /** Whether the browser sends and keeps the refresh cookie. */
  readonly cookie: boolean;
}

/** Calls in one request; the server refuses more than 20. */
const MAX_ITEMS = 10;

/** Over how long the refreshes are spread that a change of a role's rights causes, in milliseconds: it may be everybody's. */
const CHANGED_SPREAD = 5_000;

const readLinkOptions = ({ url, env, cookie }: Connection, onRightsChanged?: () => void) => ({
  url: `${url}/trpc`,
  transformer: wire,
  // Queries too go by POST: no input stands in a URL, or in the logs of whatever is between.
  methodOverride: 'POST' as const,
  fetch: createTransport(env.fetch, cookie, onRightsChanged),
});

const writeHeaders = (
  language: string | undefined,
  token: string | undefined,
  idempotencyKey?: string,
): Record<string, string> => ({
  ...(language === undefined ? {} : { 'accept-language': language }),
  ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
});

/** Each call a request of its own, with no token but the one its context names: `{ context: { token } }`. */
export function connectBare(connection: Connection): Api {
  const { env, retryFor, language } = connection;
  return createTRPCClient<AppRouter>({
    links: [
      callLink(createPerform(env, retryFor)),
      httpLink({
        ...readLinkOptions(connection),
        headers: ({ op }) =>
          writeHeaders(language, typeof op.context['token'] === 'string' ? op.context['token'] : undefined),
      }),
    ],
  });
}

/** Calls in the name of whoever is signed in; those made at once travel together. */
export function connectApi(connection: Connection, session: Session, { authorize, recover }: Credentials): Api {
  const { env, retryFor, language } = connection;
  const options = readLinkOptions(connection, () => session.renewBy(env.now() + env.random() * CHANGED_SPREAD));
  return createTRPCClient<AppRouter>({
    links: [
      callLink(createPerform(env, retryFor, recover, () => session.record?.sid ?? null)),
      splitLink({
        // The server takes an idempotency key on unbatched calls alone.
        condition: ({ context }) => context['idempotencyKey'] !== undefined,
        true: httpLink({
          ...options,
          headers: async ({ op: { context } }: { op: { context: CallContext } }) =>
            writeHeaders(language, await authorize([context]), context.idempotencyKey),
        }),
        false: httpBatchLink({
          ...options,
          maxItems: MAX_ITEMS,
          headers: async ({ opList }) => writeHeaders(language, await authorize(opList.map(({ context }) => context))),
        }),
      }),
    ],
  });
}
