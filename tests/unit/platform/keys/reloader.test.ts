// Reading again: what is asked for after a change sees the change, and strangers cannot make it a burden.
import { expect, test, vi } from 'vitest';
import { createReloader } from '../../../../server/src/platform/keys/reloader.ts';

/** A reading takes what stands there when it begins, and lasts until it is let go. */
function startSource() {
  const source = { value: 0, read: undefined as number | undefined, readings: 0 };
  const reloader = createReloader(async () => {
    const { value } = source;
    source.readings++;
    await new Promise((resolve) => setImmediate(resolve));
    source.read = value;
  });
  return { source, ...reloader };
}

test.each(['reload', 'reloadSoon'] as const)('%s reads what was written before it, each time', async (name) => {
  const { source, [name]: again } = startSource();
  for (let value = 1; value <= 3; value++) {
    source.value = value;
    await again();
    expect(source.read).toBe(value);
  }
});

test('who asks during a reading waits for one that began afterwards; many of them share it', async () => {
  const { source, reload } = startSource();
  const first = reload();
  source.value = 1;
  await Promise.all(Array.from({ length: 20 }, reload));
  expect([source.read, source.readings]).toEqual([1, 2]);
  await first;
});

test('a hundred strangers at once bring about one reading', async () => {
  const { source, reloadSoon } = startSource();
  await Promise.all(Array.from({ length: 100 }, reloadSoon));
  expect(source.readings).toBe(1);
});

test('a reading that failed is told to who asked, and the next one reads', async () => {
  const read = vi.fn<() => Promise<void>>(async () => {});
  read.mockRejectedValueOnce(new Error('the database is away'));
  const { reloadSoon } = createReloader(read);
  await expect(reloadSoon()).rejects.toThrow('away');
  await reloadSoon();
  expect(read).toHaveBeenCalledTimes(2);
});
