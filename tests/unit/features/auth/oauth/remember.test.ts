// A value that is asked for once: however many wait, until it lapses, and again after a failure.
import { expect, it } from 'vitest';
import { remember } from '../../../../../server/src/features/auth/oauth/providers/remember.ts';

function createRemembered() {
  let [now, loads] = [0, 0];
  let failure: Error | null = null;
  const remembered = remember({ now: () => new Date(now) }, async () => {
    loads += 1;
    if (failure !== null) throw failure;
    return { value: `value ${loads}`, until: new Date(now + 1000) };
  });
  return {
    ...remembered,
    loads: () => loads,
    move: (milliseconds: number) => {
      now += milliseconds;
    },
    fail: (error: Error | null) => {
      failure = error;
    },
  };
}

it('is asked for once by many, and kept until it lapses', async () => {
  const it = createRemembered();
  expect(it.loads()).toBe(0);
  expect(new Set(await Promise.all([it.get(), it.get(), it.get()]))).toEqual(new Set(['value 1']));
  it.move(999);
  expect(await it.get()).toBe('value 1');
  it.move(1);
  expect(await Promise.all([it.get(), it.get()])).toEqual(['value 2', 'value 2']);
});

it('fails for all who wait, and is asked for again by the next', async () => {
  const it = createRemembered();
  it.fail(new Error('away'));
  const results = await Promise.allSettled([it.get(), it.get()]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(it.loads()).toBe(1);
  it.fail(null);
  expect(await it.get()).toBe('value 2');
});

it('is forgotten once, by whoever says first that it is no good', async () => {
  const it = createRemembered();
  const old = await it.get();
  it.forget(old);
  expect(await it.get()).toBe('value 2');
  it.forget(old);
  expect(await it.get()).toBe('value 2');
  expect(it.loads()).toBe(2);
});
