// The hashing thread itself: one job in, one answer out, whatever the job is.
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/bcrypt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HashAnswer, type HashJob, startHashWorker } from '../../../server/src/platform/password-hash-threads.ts';
import type { PasswordScheme } from '../../../server/src/platform/password-hasher.ts';

let worker: Worker;
beforeAll(() => {
  worker = startHashWorker();
});
afterAll(() => worker.terminate());

async function ask(job: HashJob): Promise<HashAnswer> {
  worker.postMessage(job);
  const [answer] = await once(worker, 'message');
  return answer;
}

const LONG = 'abcdefgh'.repeat(10);
const FIRST_72 = LONG.slice(0, 72);

const verify = (password: string, hash: string, scheme: PasswordScheme, cost = 4) =>
  ask({ kind: 'verify', password, stored: { hash, scheme }, cost });
const foreign = (version: '2a' | '2b' | '2y', password = LONG) => hashSync(password, { cost: 4, version });

describe.each(['2a', '2b', '2y'] as const)('a foreign hash $%s$', (version) => {
  test('is compared by 72 bytes, and always to be renewed', async () => {
    for (const password of [LONG, FIRST_72, `${FIRST_72}anything`])
      expect(await verify(password, foreign(version), 'bcrypt-foreign')).toEqual({ ok: true, needsRehash: true });
    for (const password of [FIRST_72.slice(0, -1), `x${LONG.slice(1)}`, ''])
      expect(await verify(password, foreign(version), 'bcrypt-foreign')).toEqual({ ok: false, needsRehash: false });
  });

  test('counts bytes, not characters, also where they cut one in two', async () => {
    const password = `a${'密'.repeat(30)}`;
    const hash = foreign(version, password);
    // 1 + 23 × 3 = 70 bytes, and two of the three of the next.
    expect(await verify(`a${'密'.repeat(24)}`, hash, 'bcrypt-foreign')).toMatchObject({ ok: true });
    expect(await verify(`a${'密'.repeat(23)}`, hash, 'bcrypt-foreign')).toMatchObject({ ok: false });
  });

  test('is none of ours: under our own scheme its beginning alone opens nothing', async () => {
    expect(await verify(LONG, foreign(version), 'bcrypt')).toEqual({ ok: false, needsRehash: false });
    expect(await verify(LONG, foreign(version), 'bcrypt-sha384')).toEqual({ ok: false, needsRehash: false });
  });
});

test('a hash is by the whole password, at the cost that was asked for', async () => {
  const short = await ask({ kind: 'hash', password: 'correct horse', cost: 5 });
  expect(short).toEqual({ hash: expect.stringMatching(/^\$2b\$05\$/), scheme: 'bcrypt' });
  expect('hash' in short && verifySync('correct horse', short.hash)).toBe(true);
  const long = await ask({ kind: 'hash', password: LONG, cost: 4 });
  expect(long).toMatchObject({ scheme: 'bcrypt-sha384' });
  const hash = 'hash' in long ? long.hash : '';
  expect(await verify(LONG, hash, 'bcrypt-sha384')).toEqual({ ok: true, needsRehash: false });
  expect(await verify(FIRST_72, hash, 'bcrypt-sha384')).toEqual({ ok: false, needsRehash: false });
});

test.each([
  ['of lower cost than configured', 4, 6, true],
  ['of the same', 4, 4, false],
  ['of higher', 5, 4, false],
])('a right password whose hash is %s', async (_, stored, cost, needsRehash) => {
  const hash = hashSync('correct horse', { cost: stored });
  expect(await verify('correct horse', hash, 'bcrypt', cost)).toEqual({ ok: true, needsRehash });
  expect(await verify('wrong horse', hash, 'bcrypt', cost)).toEqual({ ok: false, needsRehash: false });
});

test.each(['', 'plain text', '$2b$12$', '$2x$05$abcdefghijklmnopqrstuv', '$1$md5$crypt', '\0'])(
  'what is no hash (%j) takes no password, of whatever scheme, and the thread lives on',
  async (hash) => {
    for (const scheme of ['bcrypt', 'bcrypt-sha384', 'bcrypt-foreign'] as const)
      for (const password of ['password', LONG, ''])
        expect(await verify(password, hash, scheme)).toEqual({ ok: false, needsRehash: false });
  },
);

test('nobody has a password that is right', async () => {
  for (const password of ['', 'password', LONG])
    expect(await ask({ kind: 'verify', password, stored: null, cost: 4 })).toEqual({ ok: false, needsRehash: false });
});

test('a job that cannot be done is answered by its error', async () => {
  expect(await ask({ kind: 'hash', password: 'correct horse', cost: 99 })).toEqual({ error: expect.any(String) });
  expect(await ask({ kind: 'hash', password: 'correct horse', cost: 4 })).toMatchObject({ scheme: 'bcrypt' });
});
