// Password hashing as its users see it: schemes, the bounded queue, callers who go away.
import { hashSync } from '@node-rs/bcrypt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../server/src/errors.ts';
import { startHashWorker } from '../../../server/src/platform/password-hash-threads.ts';
import {
  createPasswordHasher,
  type PasswordHasher,
  type PasswordHasherOptions,
} from '../../../server/src/platform/password-hasher.ts';

const opened: PasswordHasher[] = [];

function openHasher(options: Partial<PasswordHasherOptions> = {}): PasswordHasher {
  const hasher = createPasswordHasher({ cost: 4, workers: 1, maxWait: 10_000, ...options });
  opened.push(hasher);
  return hasher;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((hasher) => hasher.close()));
});

const refusal = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

describe('a hash', () => {
  it('verifies its own password and no other', async () => {
    const hasher = openHasher();
    const stored = await hasher.reserve().hash('correct horse');
    expect(stored).toEqual({ hash: expect.stringMatching(/^\$2b\$04\$.{53}$/), scheme: 'bcrypt' });
    expect(await hasher.reserve().verify('correct horse', stored)).toEqual({ ok: true, needsRehash: false });
    expect(await hasher.reserve().verify('correct horsf', stored)).toEqual({ ok: false, needsRehash: false });
  });

  it('is salted', async () => {
    const hasher = openHasher();
    const [one, two] = await Promise.all([hasher.reserve().hash('same'), hasher.reserve().hash('same')]);
    expect(one.hash).not.toBe(two.hash);
  });

  it.each([
    ['72 bytes', 'a'.repeat(72), 'bcrypt'],
    ['24 Chinese characters', '密'.repeat(24), 'bcrypt'],
    ['73 bytes', 'a'.repeat(73), 'bcrypt-sha384'],
    ['25 Chinese characters', '密'.repeat(25), 'bcrypt-sha384'],
    ['128 emoji', '🙂'.repeat(128), 'bcrypt-sha384'],
    ['a NUL', 'a\0a', 'bcrypt-sha384'],
  ])('of %s records its scheme and verifies', async (_, password, scheme) => {
    const hasher = openHasher();
    const stored = await hasher.reserve().hash(password);
    expect(stored.scheme).toBe(scheme);
    expect(await hasher.reserve().verify(password, stored)).toMatchObject({ ok: true });
  });

  it.each([
    ['longer by what bcrypt does not read', 'a'.repeat(72), 'a'.repeat(73)],
    ['different past byte 72', `${'a'.repeat(72)}b`, `${'a'.repeat(72)}c`],
    ['shorter than the long one', `${'a'.repeat(72)}b`, 'a'.repeat(72)],
    ['repeated with a NUL, as bcrypt repeats its key', 'a', 'a\0a'],
  ])('refuses a password that is %s', async (_, password, other) => {
    const hasher = openHasher();
    const stored = await hasher.reserve().hash(password);
    expect(await hasher.reserve().verify(other, stored)).toEqual({ ok: false, needsRehash: false });
  });

  it.each(['2a', '2b', '2y'] as const)('made elsewhere with prefix $%s verifies', async (version) => {
    const stored = { hash: hashSync('correct horse', { cost: 4, version }), scheme: 'bcrypt' as const };
    expect(await openHasher().reserve().verify('correct horse', stored)).toEqual({ ok: true, needsRehash: false });
  });

  it('of lower cost is to be renewed, once the password is right', async () => {
    const stored = await openHasher({ cost: 4 }).reserve().hash('correct horse');
    const dearer = openHasher({ cost: 6 });
    expect(await dearer.reserve().verify('correct horse', stored)).toEqual({ ok: true, needsRehash: true });
    expect(await dearer.reserve().verify('wrong', stored)).toEqual({ ok: false, needsRehash: false });
    const renewed = await dearer.reserve().hash('correct horse');
    expect(renewed.hash).toMatch(/^\$2b\$06\$/);
    expect(await dearer.reserve().verify('correct horse', renewed)).toEqual({ ok: true, needsRehash: false });
    expect(await openHasher({ cost: 4 }).reserve().verify('correct horse', renewed)).toEqual({
      ok: true,
      needsRehash: false,
    });
  });

  it.each(['', 'garbage', '$2b$12$tooshort', '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA'])(
    'that is none (%j) verifies nothing',
    async (hash) => {
      const hasher = openHasher();
      for (const scheme of ['bcrypt', 'bcrypt-sha384'] as const) {
        expect(await hasher.reserve().verify('password', { hash, scheme })).toEqual({ ok: false, needsRehash: false });
      }
    },
  );

  it('is made up for an unknown user, whose password is wrong whatever it is', async () => {
    const hasher = openHasher();
    for (const password of ['', 'password', 'a'.repeat(500)]) {
      const running = hasher.reserve().verify(password, null);
      expect(hasher.stats().running).toBe(1);
      expect(await running).toEqual({ ok: false, needsRehash: false });
    }
  });
});

describe('the queue', () => {
  it('answers every job with its own result', async () => {
    const hasher = openHasher({ workers: 2 });
    const passwords = Array.from({ length: 40 }, (_, index) => `password ${index}`);
    const stored = await Promise.all(passwords.map((password) => hasher.reserve().hash(password)));
    const own = await Promise.all(stored.map((hash, index) => hasher.reserve().verify(passwords[index] ?? '', hash)));
    const others = await Promise.all(
      stored.map((hash, index) => hasher.reserve().verify(passwords[index + 1] ?? '', hash)),
    );
    expect(own.every(({ ok }) => ok)).toBe(true);
    expect(others.some(({ ok }) => ok)).toBe(false);
    expect(hasher.stats()).toEqual({ depth: 0, running: 0, estimatedWaitMs: 0 });
  });

  it('gives each thread one job at a time', async () => {
    const hasher = openHasher({ workers: 2 });
    const jobs = [0, 1, 2, 3, 4, 5].map(() => hasher.reserve().hash('password'));
    expect(hasher.stats()).toMatchObject({ running: 2, depth: 4 });
    await Promise.all(jobs);
  });

  it('keeps the order of arrival', async () => {
    const hasher = openHasher();
    const ended: number[] = [];
    const jobs = [0, 1, 2, 3, 4, 5].map(async (index) => {
      await hasher.reserve().hash('password');
      ended.push(index);
    });
    await Promise.all(jobs);
    expect(ended).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('refuses at once, with whole seconds to wait, whoever would wait too long', async () => {
    const hasher = openHasher({ maxWait: 1, cost: 12 });
    const slot = hasher.reserve();
    const error = refusal(() => hasher.reserve());
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'OVERLOADED', details: { retryAfter: expect.any(Number) } });
    const { retryAfter = 0 } = error instanceof AppError ? error.details : {};
    expect(Number.isInteger(retryAfter) && retryAfter >= 1).toBe(true);
    slot.release();
    expect(() => hasher.reserve()).not.toThrow();
  });

  it('spreads those it refuses over the time to come, a minute at most', () => {
    // On a machine that takes 2 ms for the cheap hash by which it judges itself.
    let now = 0;
    const time = vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 2;
      return now;
    });
    const hasher = openHasher({ maxWait: 1, cost: 12 });
    // All in one instant: as time goes by, places become free.
    time.mockImplementation(() => now);
    hasher.reserve();
    const waits = Array.from({ length: 1000 }, () => {
      const error = refusal(() => hasher.reserve());
      return error instanceof AppError ? (error.details.retryAfter ?? 0) : 0;
    });
    time.mockRestore();
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits.at(0)).toBe(1);
    expect(waits.at(-1)).toBe(60);
    expect(new Set(waits).size).toBe(60);
  });

  it('counts places from their taking, and takes them back once', async () => {
    const hasher = openHasher();
    const slot = hasher.reserve();
    expect(hasher.stats()).toMatchObject({ depth: 1, running: 0 });
    slot.release();
    slot.release();
    expect(hasher.stats()).toMatchObject({ depth: 0, running: 0 });
    const used = hasher.reserve();
    await used.hash('password');
    used.release();
    expect(hasher.stats()).toMatchObject({ depth: 0, running: 0 });
  });

  it('lets a place be used once, and not after its release', async () => {
    const hasher = openHasher();
    const slot = hasher.reserve();
    await slot.hash('password');
    await expect(slot.hash('password')).rejects.toThrow('good for one job');
    const released = hasher.reserve();
    released.release();
    await expect(released.verify('password', null)).rejects.toThrow('good for one job');
  });

  it('has room again when jobs are done', async () => {
    const hasher = openHasher({ maxWait: 1, cost: 10 });
    const first = hasher.reserve().hash('password');
    expect(() => hasher.reserve()).toThrow(AppError);
    await first;
    await expect(hasher.reserve().hash('password')).resolves.toBeDefined();
  });
});

describe('a caller who goes away', () => {
  it('before asking gets no place', () => {
    expect(() => openHasher().reserve(AbortSignal.abort())).toThrow(expect.objectContaining({ name: 'AbortError' }));
  });

  it('before using the place gives it back', async () => {
    const hasher = openHasher();
    const caller = new AbortController();
    const slot = hasher.reserve(caller.signal);
    caller.abort();
    expect(hasher.stats().depth).toBe(0);
    await expect(slot.hash('password')).rejects.toMatchObject({ name: 'AbortError' });
    slot.release();
    expect(hasher.stats()).toMatchObject({ depth: 0, running: 0 });
  });

  it('while waiting costs no hash, and the others get theirs', async () => {
    let jobs = 0;
    const hasher = openHasher({
      startWorker: () => {
        const worker = startHashWorker();
        worker.on('message', () => {
          jobs += 1;
        });
        return worker;
      },
    });
    const callers = Array.from({ length: 10 }, () => new AbortController());
    const before = hasher.reserve().hash('before');
    const gone = callers.map(({ signal }) => hasher.reserve(signal).hash('gone'));
    const after = hasher.reserve().hash('after');
    expect(hasher.stats().depth).toBe(11);
    for (const caller of callers) caller.abort(new Error('closed'));
    expect(hasher.stats().depth).toBe(1);
    for (const outcome of await Promise.allSettled(gone)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } });
    }
    await Promise.all([before, after]);
    expect(jobs).toBe(2);
  });

  it('while the hash runs changes nothing any more', async () => {
    const hasher = openHasher();
    const caller = new AbortController();
    const hash = hasher.reserve(caller.signal).hash('password');
    caller.abort();
    await expect(hash).resolves.toMatchObject({ scheme: 'bcrypt' });
  });
});
