// Who people are at third parties: linked from the beginning, by a first sign-in there, or by themselves.
import type { FakeAuthCenterOptions } from '../options.ts';
import { newSecret } from '../random.ts';
import { refuse } from '../refusal.ts';
import type { World } from '../world.ts';
import type { UserRecord } from './users.ts';

/** A person's identity at a third party: at each of the fake's there is one person. */
export interface IdentityRecord {
  readonly provider: string;
  /** Who they are there. */
  readonly subject: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly avatar: string | null;
  readonly linked_at: Date;
}

interface Provider {
  /** Who the one person is there. */
  readonly subject: string;
  /** The user name of whom they are still to be linked to; null: they were, or nobody was named. */
  expects: string | null;
}

export type Providers = ReadonlyMap<string, Provider>;

export const createProviders = ({ providers = {} }: FakeAuthCenterOptions): Providers =>
  new Map(Object.entries(providers).map(([id, expects]) => [id, { subject: newSecret(16), expects }]));

/** Links whoever the options name to what they name them for. */
export function linkExpected(world: World, user: UserRecord): void {
  for (const [provider, { expects }] of world.providers) if (expects === user.username) link(world, user, provider);
}

export function link(world: World, user: UserRecord, id: string): IdentityRecord {
  const provider = requireProvider(world, id);
  const { name, avatar } = user.profile;
  const identity = { provider: id, subject: provider.subject, name, email: null, avatar, linked_at: world.clock.now() };
  user.identities = [...user.identities, identity];
  provider.expects = null;
  return identity;
}

export const isLinkedTo = ({ identities }: UserRecord, provider: string): boolean =>
  identities.some((identity) => identity.provider === provider);

export const findLinked = ({ users }: World, provider: string): UserRecord | undefined =>
  [...users.values()].find((user) => isLinkedTo(user, provider));

/** @throws Refusal NOT_FOUND */
export const requireProvider = ({ providers }: World, id: string): Provider =>
  providers.get(id) ?? refuse('NOT_FOUND', { detail: 'There is no such sign-in provider' });
