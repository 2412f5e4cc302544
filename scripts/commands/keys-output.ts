// What `authcenter keys` says to a person.
import type { ListedKey } from '../../server/src/platform/keys/list-keys.ts';
import type { Revocation } from '../../server/src/platform/keys/revoke.ts';
import type { Rewrapped } from '../../server/src/platform/keys/rewrap.ts';
import type { Rotation } from '../../server/src/platform/keys/rotate.ts';

export const showKeys = (keys: readonly ListedKey[]): string =>
  keys.length === 0
    ? 'There are no keys yet: the first start makes them.'
    : keys
        .map((key) => `${key.use.padEnd(7)}  ${key.state.padEnd(9)}  ${key.alg}  ${key.kid}  ${tell(key)}`)
        .join('\n');

function tell(key: ListedKey): string {
  const origin = key.source === 'generated' ? '' : ` (${key.source})`;
  return `${tellTime(key)}${origin}`;
}

function tellTime({ state, signs_from, verifies_until, revoked_at }: ListedKey): string {
  if (revoked_at) return `revoked ${write(revoked_at)}`;
  if (state === 'published') return `signs from ${write(signs_from)}`;
  if (verifies_until) return `${state === 'retired' ? 'verified' : 'verifies'} until ${write(verifies_until)}`;
  return `since ${write(signs_from)}`;
}

const write = (at: Date): string => at.toISOString().replace(/\.\d+/, '');

const outcomes: Readonly<Record<Rotation['outcome'], (rotation: Rotation) => string>> = {
  published: ({ kid, signs_from }) => `${kid} is published and signs from ${write(signs_from)}`,
  signing: ({ kid }) => `${kid} signs from now on`,
  waiting: ({ kid, signs_from }) =>
    `${kid} is published already and signs from ${write(signs_from)}; --now begins at once`,
  elsewhere: ({ source }) =>
    source === 'pem'
      ? 'the key comes from a file: name another one in JWT_PRIVATE_KEY_PATH and start the servers again'
      : `the key is kept by ${source}: rotate it there; servers take up the new version within a minute`,
};

export const showRotations = (rotations: readonly Rotation[]): string =>
  rotations.map((rotation) => `${rotation.use}: ${outcomes[rotation.outcome](rotation)}`).join('\n');

export const showRevocation = ({ kid, use, signs }: Revocation): string =>
  `${kid} is revoked: no ${use} token that it signed is accepted any more.${signs === null ? '' : `\n${signs} signs in its place.`}`;

export function showRewrapped(results: readonly Rewrapped[]): string {
  const lines = results.map(
    ({ place, resealed, current, changed, unreadable }) =>
      `${place}: ${resealed} re-encrypted, ${current} were in order` +
      `${changed > 0 ? `, ${changed} changed meanwhile` : ''}${unreadable > 0 ? `, ${unreadable} opened by neither key` : ''}`,
  );
  const left = results.reduce((sum, { changed, unreadable }) => sum + changed + unreadable, 0);
  return [...lines, left === 0 ? 'KEY_ENCRYPTION_KEY_PREVIOUS is needed no more.' : 'Run it again.'].join('\n');
}
