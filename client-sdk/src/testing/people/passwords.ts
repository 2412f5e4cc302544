// What a new password must be, by the settings and as far as the server says it without its lists; and when one is to be replaced.
import { refuseField } from '../refusal.ts';
import type { World } from '../world.ts';
import type { UserRecord } from './users.ts';

interface OwnWords {
  readonly username: string;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly name?: string | null | undefined;
}

type Settings = Pick<World, 'settings'>;

/** Of upper case, lower case, digits and others `mlps` wants three. */
const MLPS_CLASSES = [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u, /[^\p{Lu}\p{Ll}\p{Nd}]/u];

const isMlps = ({ settings }: Settings): boolean => settings.get('security.password_profile') === 'mlps';

/** @throws Refusal VALIDATION_FAILED */
export function requireGoodPassword(world: Settings, password: string, own: OwnWords, field: string): void {
  const { length } = [...password];
  const least = world.settings.get('security.password_min_length');
  if (length < least) refuseField(field, `must have at least ${least} characters`);
  if (length > 128) refuseField(field, 'must have at most 128 characters');
  if (isMlps(world) && MLPS_CLASSES.filter((pattern) => pattern.test(password)).length < 3)
    refuseField(field, 'must hold three of: upper case, lower case, digits, other characters');
  const { username, email, phone, name } = own;
  const words = [username, email, email?.split('@')[0], phone?.slice(-8), name];
  const lower = password.toLowerCase();
  if (words.some((word) => word && [...word].length >= 3 && lower.includes(word.toLowerCase())))
    refuseField(field, 'must not contain your own name or address');
}

/** @throws Refusal VALIDATION_FAILED, also for an earlier one where the profile keeps a history */
export function requireGoodReplacement(world: Settings, user: UserRecord, password: string): void {
  requireGoodPassword(world, password, { ...user, name: user.profile.name }, 'new_password');
  if (listEarlier(world, user).includes(password)) refuseField('new_password', 'was used before');
}

/** What is to be replaced because somebody else knows it, or it has grown old, is never an answer to that. */
function listEarlier(world: Settings, user: UserRecord): readonly (string | null)[] {
  const count = world.settings.get('security.password_history');
  if (isMlps(world)) return [user.password, ...user.passwordHistory].slice(0, Math.max(1, count));
  return user.mustChangePassword ? [user.password] : [];
}

export function storePassword(world: Pick<World, 'settings' | 'clock'>, user: UserRecord, password: string): void {
  const earlier = [...(user.password === null ? [] : [user.password]), ...user.passwordHistory];
  if (isMlps(world)) user.passwordHistory = earlier.slice(0, world.settings.get('security.password_history'));
  Object.assign(user, { password, password_changed_at: world.clock.now(), mustChangePassword: false });
}

/** Set by somebody else, or grown too old, as passwords do under `mlps` alone. */
export function mustChangePassword(world: Pick<World, 'settings' | 'clock'>, user: UserRecord): boolean {
  const { mustChangePassword: isGiven, password_changed_at: changedAt } = user;
  if (isGiven || !isMlps(world) || changedAt === null) return isGiven;
  const age = world.clock.now().getTime() - changedAt.getTime();
  return age >= world.settings.get('security.password_max_age');
}
