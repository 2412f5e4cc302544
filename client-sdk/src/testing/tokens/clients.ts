// Applications of the fake: how they are kept, made known, shown, and how they prove themselves.
import type { FieldError } from '@authcenter/shared/errors';
import { parsePair } from '@authcenter/shared/permissions';
import {
  type Client,
  type ClientScope,
  keepsSecret,
  SCOPE_PERMISSIONS,
  type TokenInput,
} from '@authcenter/shared/schemas';
import type { Call, CallInfo } from '../call.ts';
import type { FakeClientSeed } from '../options.ts';
import { callingPerson } from '../people/calling-user.ts';
import { newSecret } from '../random.ts';
import { refuse } from '../refusal.ts';
import { decideOn } from '../rights/access.ts';
import type { World } from '../world.ts';

interface Secret {
  readonly secret: string;
  readonly created_at: Date;
  readonly expires_at: Date | null;
}

export interface ClientRecord {
  readonly id: string;
  name: string;
  readonly kind: Client['kind'];
  redirect_uris: readonly string[];
  audiences: readonly string[];
  scopes: readonly ClientScope[];
  exchange_secret: string | null;
  secrets: readonly Secret[];
  epoch: number;
  version: number;
  readonly created_at: Date;
  updated_at: Date;
}

/** The prefix lets scanners of source code find one that was left there. */
export const newClientSecret = (): string => `acs_${newSecret()}`;

export function seedClient(world: World, seed: FakeClientSeed): ClientRecord {
  const { kind = 'service', name } = seed;
  return addClient(world, {
    ...(seed.id === undefined ? {} : { id: seed.id }),
    name,
    kind,
    redirect_uris: seed.redirectUris ?? [],
    audiences: seed.audiences ?? [],
    scopes: seed.scopes ?? [],
    exchange_secret: seed.exchangeSecret ?? null,
    secret: keepsSecret(kind) ? (seed.secret ?? newClientSecret()) : null,
  });
}

type NewClient = Pick<ClientRecord, 'name' | 'kind' | 'redirect_uris' | 'audiences' | 'scopes' | 'exchange_secret'> & {
  readonly id?: string;
  readonly secret: string | null;
};

export function addClient(world: World, { id = world.newId(), secret, ...fields }: NewClient): ClientRecord {
  const now = world.clock.now();
  const secrets = secret === null ? [] : [{ secret, created_at: now, expires_at: null }];
  const client: ClientRecord = { ...fields, id, secrets, epoch: 0, version: 1, created_at: now, updated_at: now };
  world.clients.set(id, client);
  noteClient(world, client);
  return client;
}

export const noteClient = ({ feed }: World, { id, epoch, scopes }: ClientRecord): void =>
  feed.note({ type: 'client', id, value: { epoch, scopes: [...scopes] } });

const isGood = ({ expires_at }: Secret, now: Date): boolean => expires_at === null || expires_at > now;

export function toClient({ exchange_secret, epoch, ...client }: ClientRecord, now: Date): Client {
  return {
    ...client,
    redirect_uris: [...client.redirect_uris],
    audiences: [...client.audiences],
    scopes: [...client.scopes],
    has_exchange_secret: exchange_secret !== null,
    secrets: client.secrets
      .filter((secret) => isGood(secret, now))
      .map(({ created_at, expires_at }) => ({ created_at, expires_at })),
  };
}

type ClientFacts = Pick<ClientRecord, 'kind' | 'redirect_uris' | 'scopes' | 'exchange_secret'>;

/** @throws Refusal VALIDATION_FAILED for what does not go with the kind */
export function requireFitting({ kind, redirect_uris, scopes, exchange_secret }: ClientFacts): void {
  const errors: FieldError[] = [];
  if (kind !== 'service' && redirect_uris.length === 0)
    errors.push({ path: 'redirect_uris', message: `a ${kind} client needs at least one` });
  if (kind !== 'native' && redirect_uris.some((uri) => !/^https?:/i.test(uri)))
    errors.push({ path: 'redirect_uris', message: 'schemes of an application are for native clients' });
  if (!keepsSecret(kind) && scopes.length > 0)
    errors.push({ path: 'scopes', message: `a ${kind} client never acts as itself, and has none` });
  if (kind !== 'service' && exchange_secret !== null)
    errors.push({ path: 'exchange_secret', message: 'is for service clients' });
  if (errors.length > 0) refuse('VALIDATION_FAILED', { errors });
}

/** @throws Refusal PERMISSION_DENIED for a scope that goes beyond the caller's own rights */
export function requireOwnScopes(world: World, call: Call, scopes: readonly ClientScope[]): void {
  const caller = callingPerson(call);
  const may = (text: string) => decideOn(world, caller, parsePair(text)).allowed;
  const foreign = scopes.find((scope) => !SCOPE_PERMISSIONS[scope].some(may));
  if (foreign !== undefined)
    refuse('PERMISSION_DENIED', {
      permission: SCOPE_PERMISSIONS[foreign].join(' or '),
      detail: `To act by the scope ${foreign} is more than you may do yourself`,
    });
}

/** By HTTP Basic or in the body; kinds that keep no secret by their id alone. */
export function authenticateClient(world: World, { basic }: CallInfo, input: TokenInput): ClientRecord {
  const { client_id, client_secret } = input;
  if (basic && (client_secret !== undefined || (client_id !== undefined && client_id !== basic.id)))
    refuse('VALIDATION_FAILED', { detail: 'Authenticate by HTTP Basic or in the body, not both (RFC 6749 §2.3)' });
  const client = world.clients.get(basic?.id ?? client_id ?? '') ?? refuse('INVALID_CLIENT');
  const given = basic?.secret ?? client_secret ?? '';
  const now = world.clock.now();
  const isProven = keepsSecret(client.kind)
    ? client.secrets.some((secret) => isGood(secret, now) && secret.secret === given)
    : given === '';
  return isProven ? client : refuse('INVALID_CLIENT');
}
