// What a sign-in still lacks, by the server's own rule over what the fake knows of the person.
import {
  decideNextStep,
  isNumberDoubted as isDoubted,
  type NextStep,
  type SignInFacts,
} from '@authcenter/shared/sign-in';
import { listFactors, mustHaveFactor } from '../factors/factor-changes.ts';
import { mustChangePassword } from '../people/passwords.ts';
import type { UserRecord } from '../people/users.ts';
import type { World } from '../world.ts';

const readFacts = (world: World, user: UserRecord): SignInFacts => ({
  factors: listFactors(world, user),
  hasBackupCodes: user.factors.backupCodes.length > 0,
  mustHaveFactor: mustHaveFactor(world, user),
  hasOtherAddress: user.email !== null && user.email_verified,
  isNumberForeign: !user.phone_verified && (user.last_login_at !== null || user.identities.length > 0),
  lastSeenAt: user.last_login_at ?? user.created_at,
  mustChangePassword: mustChangePassword(world, user),
});

export const isNumberDoubted = (world: World, user: UserRecord): boolean =>
  isDoubted(readFacts(world, user), world.clock.now());

/** @param methods - what has been shown so far, in order */
export const findNextStep = (world: World, user: UserRecord, methods: readonly string[]): NextStep =>
  decideNextStep(readFacts(world, user), methods, world.clock.now());
