// Looks after the ring on every instance: rotation by schedule, new keys of the source, private parts that are needed no more.

import { isInRing, signsFrom, verifiesUntil } from './lifecycle.ts';
import { handOver, publishGenerated, publishOffered } from './publish.ts';
import { KEY_USES, type KeyUse } from './repository.ts';
import type { KeyRing, KeyRingOptions } from './ring.ts';
import { isRotatedHere } from './rotate.ts';

export interface KeyKeeperOptions extends KeyRingOptions {
  readonly keys: KeyRing;
  /** Milliseconds from one scheduled rotation to the next. */
  readonly rotationInterval: number;
}

export interface Kept {
  /** Uses whose key was rotated by the schedule, by this instance. */
  readonly rotated: KeyUse[];
  /** Whether the source had a new key. */
  readonly adopted: boolean;
}

export interface KeyKeeper {
  /** One round; safe on every instance at once: each of its changes is decided by one conditional update. */
  run(): Promise<Kept>;
  close(): Promise<void>;
}

const EVERY = 30_000;
/** Instances whose clocks are behind still use a key for so long, in ms. */
const CLOCK_MARGIN = 60 * 60_000;
/** A key that has left the ring is remembered for so long, so that its use is noticed. */
const REMEMBERED = 400 * 24 * 60 * 60_000;

export function startKeyKeeper(options: KeyKeeperOptions): KeyKeeper {
  const { keys, log } = options;
  let round: Promise<unknown> | undefined;

  /** One thing that fails (a key management service that is away) must not keep the others from being done. */
  const attempt = async <T>(what: string, otherwise: T, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      log.error({ error }, `${what} failed; it is tried again`);
      return otherwise;
    }
  };
  const run = async (): Promise<Kept> => {
    const adopted = await attempt('looking for a new signing key', false, () => adoptOffered(options));
    const rotated = await attempt('the scheduled rotation of keys', [], () => rotateDue(options));
    await attempt('forgetting old keys', undefined, () => forgetOld(options));
    // Also what no change stream tells: a ring that is read regularly is never old when there is something to sign.
    await attempt('reading the key ring', undefined, () => keys.reload());
    return { rotated, adopted };
  };
  const timer = setInterval(() => {
    round ??= run().finally(() => {
      round = undefined;
    });
  }, EVERY);
  timer.unref();
  return {
    run,
    async close() {
      clearInterval(timer);
      await round;
    },
  };
}

async function adoptOffered(options: KeyKeeperOptions): Promise<boolean> {
  if (!options.source || options.source.kind === 'pem') return false;
  return (await publishOffered(options, options.source, { unknownOnly: true })) === 'published';
}

async function rotateDue(options: KeyKeeperOptions): Promise<KeyUse[]> {
  const now = options.clock.now();
  const rotated: KeyUse[] = [];
  for (const use of KEY_USES) {
    const newest = await options.repository.findNewest(use);
    if (!newest || !isRotatedHere(newest)) continue;
    if (now.getTime() - signsFrom(newest) < options.rotationInterval) continue;
    const published = await publishGenerated(options, use, newest, handOver(now, newest));
    if (!published) continue;
    options.log.info({ use, kid: published._id, signs_from: published.signs_from }, 'a new key is published');
    rotated.push(use);
  }
  return rotated;
}

async function forgetOld({ repository, clock, life }: KeyKeeperOptions): Promise<void> {
  const now = clock.now().getTime();
  for (const document of await repository.list()) {
    if (isInRing(document, life, now - CLOCK_MARGIN)) continue;
    const goneAt = document.revoked_at?.getTime() ?? verifiesUntil(document, life);
    if (document.private_jwk !== null) await repository.erasePrivate(document._id);
    if (goneAt + REMEMBERED < now) await repository.remove(document._id);
  }
}
