// All that a fake AuthCenter knows: people, roles, sessions, clients and what is under way, in memory.
import type { HappenedEvent } from '@authcenter/shared/acts';
import type { Features, MfaMethod, SessionWishes } from '@authcenter/shared/schemas';
import { createClock, type MovableClock } from './clock.ts';
import type { PasskeyChallenge, PasskeyRecord } from './factors/passkeys.ts';
import type { FakeAuthCenterOptions } from './options.ts';
import type { Outbox } from './outbox.ts';
import { createProviders, type Providers } from './people/identities.ts';
import type { GrantRecord, UserRecord } from './people/users.ts';
import { createIds, newSecret } from './random.ts';
import type { ActRecord } from './record/acts.ts';
import { type DeliveryRecord, publish, type WebhookRecord } from './record/webhooks.ts';
import type { AccessRequestRecord } from './rights/access-requests.ts';
import { createRoles, type Roles } from './rights/roles.ts';
import { createSettings, type RunTimeSettings } from './settings/settings.ts';
import type { QrRecord } from './sign-in/qr.ts';
import type { SessionRecord } from './sign-in/sessions.ts';
import type { ApiKeyRecord } from './tokens/api-keys.ts';
import type { ClientRecord } from './tokens/clients.ts';
import { createFeed, type Feed, type Revocation } from './tokens/feed.ts';
import { createIssuer, DEFAULT_AUDIENCE, DEFAULT_ISSUER, type TestIssuer } from './tokens/issuer.ts';
import { createKeys, type Keys } from './tokens/keys.ts';
import type { Signals } from './tokens/signals.ts';
import { createSignals } from './tokens/signals.ts';

/** A sign-in that waits for more. */
export interface Ticket {
  readonly kind: 'mfa' | 'mfa_setup' | 'password_change';
  readonly userId: string;
  /** What has been shown so far, and what may be shown next. */
  readonly methods: readonly string[];
  readonly offered: readonly MfaMethod[];
  /** The number that was proven, where its account may lose it. */
  readonly phone: string | null;
  /** Of the code sent to the account's other address. */
  readonly challengeId: string | null;
  readonly wishes: SessionWishes;
  readonly clientId: string | null;
  readonly expiresAt: Date;
  tries: number;
}

export interface Challenge {
  readonly id: string;
  readonly purpose: string;
  readonly channel: 'sms' | 'email';
  readonly target: string;
  readonly code: string;
  readonly userId: string | undefined;
  readonly expiresAt: Date;
  tries: number;
}

/** What a mailed link stands for. */
export interface Link {
  readonly kind: 'verify_email' | 'reset_password' | 'magic_link' | 'invitation';
  readonly target: string;
  readonly userId: string | null;
  /** A registration that waits for its address. */
  readonly pending?: { readonly username: string; readonly name: string | null; readonly password: string };
  readonly expiresAt: Date;
}

export interface AuthorizationCode {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly userId: string;
  readonly methods: readonly string[];
  readonly goodUntil: Date;
  isUsed: boolean;
  sessionId: string | null;
}

export interface World {
  readonly options: FakeAuthCenterOptions;
  /** Where it is, without a slash at the end. */
  url: string;
  readonly clock: MovableClock;
  newId(): string;
  readonly settings: RunTimeSettings;
  readonly keys: Keys;
  readonly issuer: TestIssuer;
  /** Refresh tokens are signed by a key of their own, which nobody else reads. */
  readonly refreshKey: Uint8Array;
  readonly roles: Roles;
  /** Of grants that have ended those on record. */
  readonly notedEnds: WeakSet<GrantRecord>;
  readonly users: Map<string, UserRecord>;
  readonly sessions: Map<string, SessionRecord>;
  readonly clients: Map<string, ClientRecord>;
  readonly providers: Providers;
  readonly apiKeys: Map<string, ApiKeyRecord>;
  readonly accessRequests: Map<string, AccessRequestRecord>;
  /** What applications read from roles, by the roles' ids. */
  readonly features: Map<string, Features>;
  /** By the ids that browsers name them with. */
  readonly passkeys: Map<string, PasskeyRecord>;
  /** The rest by its secret. */
  readonly tickets: Map<string, Ticket>;
  readonly challenges: Map<string, Challenge>;
  readonly passkeyChallenges: Map<string, PasskeyChallenge>;
  readonly links: Map<string, Link>;
  readonly codes: Map<string, AuthorizationCode>;
  readonly qrLogins: Map<string, QrRecord>;
  readonly qrSignals: Signals;
  /** Wrong guesses in a row, by account or by what was typed. */
  readonly failures: Map<string, { readonly count: number; readonly at: Date; readonly lockedUntil: Date | null }>;
  readonly outbox: Outbox;
  readonly feed: Feed;
  /** What was done, oldest first, and when tokens were verified. */
  readonly acts: ActRecord[];
  readonly verifications: Date[];
  /** Tells webhooks of what happened. */
  publish(events: readonly HappenedEvent[]): void;
  readonly webhooks: Map<string, WebhookRecord>;
  readonly deliveries: Map<string, DeliveryRecord>;
  /** Calls of webhooks under way. */
  readonly webhookCalls: Set<Promise<void>>;
}

export function createWorld(options: FakeAuthCenterOptions, outbox: Outbox): World {
  const clock = createClock();
  const newId = createIds();
  const keys = tellOfKeys(createKeys(), (revocation) => world.feed.note(revocation));
  const issuer = createIssuer(keys, { issuer: () => world.url, audience: DEFAULT_AUDIENCE, now: clock.now });
  const world: World = {
    options,
    url: (options.url ?? DEFAULT_ISSUER).replace(/\/+$/, ''),
    clock,
    newId,
    settings: createSettings(options, clock.now),
    keys,
    issuer,
    refreshKey: new TextEncoder().encode(newSecret()),
    notedEnds: new WeakSet(),
    roles: createRoles(newId, clock.now, options.roles ?? []),
    users: new Map(),
    sessions: new Map(),
    clients: new Map(),
    providers: createProviders(options),
    apiKeys: new Map(),
    accessRequests: new Map(),
    features: new Map(),
    passkeys: new Map(),
    tickets: new Map(),
    challenges: new Map(),
    passkeyChallenges: new Map(),
    links: new Map(),
    codes: new Map(),
    qrLogins: new Map(),
    qrSignals: createSignals(),
    failures: new Map(),
    outbox,
    feed: createFeed(clock.now, () => listRevocations(world)),
    acts: [],
    verifications: [],
    publish: (events) => publish(world, events),
    webhooks: new Map(),
    deliveries: new Map(),
    webhookCalls: new Set(),
  };
  return world;
}

/** Services learn by the feed which keys are new, and which are good no more. */
const tellOfKeys = (keys: Keys, note: Feed['note']): Keys => ({
  ...keys,
  async rotate() {
    const kid = await keys.rotate();
    note({ type: 'key', id: kid, value: 'verifying' });
    return kid;
  },
  async revoke(kid) {
    await keys.revoke(kid);
    note({ type: 'key', id: kid, value: null });
  },
});

/** Everything that counts now, for who begins to follow the feed. */
async function listRevocations({ sessions, users, roles, clients, keys }: World): Promise<Revocation[]> {
  return [
    ...[...sessions.values()]
      .filter(({ revoked_at }) => revoked_at !== null)
      .map(({ id }): Revocation => ({ type: 'session', id, value: null })),
    ...[...users.values()]
      .filter(({ epoch }) => epoch > 0)
      .map(({ id, epoch }): Revocation => ({ type: 'user', id, value: epoch })),
    ...[...roles.table.byId].map(
      ([id, { name, rightsVersion }]): Revocation => ({
        type: 'role',
        id,
        value: { name, rights_version: rightsVersion },
      }),
    ),
    ...[...clients.values()].map(
      ({ id, epoch, scopes }): Revocation => ({ type: 'client', id, value: { epoch, scopes: [...scopes] } }),
    ),
    ...(await keys.jwks()).keys.map(({ kid }): Revocation => ({ type: 'key', id: kid, value: 'verifying' })),
  ];
}
