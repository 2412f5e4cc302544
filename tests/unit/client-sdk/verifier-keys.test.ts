// When the verifier reads the server's keys, and what it takes for one.
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuthCenterError } from '../../../client-sdk/src/error.ts';
import { createKeys, type Keys } from '../../../client-sdk/src/verifier/keys.ts';

let jwk: JWK;
let now: number;
let requests: number;
let served: unknown;
let status: number;
let withdrawn: Set<string>;
let keys: Keys;
beforeAll(async () => {
  jwk = await exportJWK((await generateKeyPair('ES256', { extractable: true })).publicKey);
});
beforeEach(() => {
  now = 1_000_000;
  requests = 0;
  withdrawn = new Set();
  status = 200;
  serve('one');
  keys = createKeys({
    url: 'https://auth.example.com',
    answerWithin: 1_000,
    isWithdrawn: (kid) => withdrawn.has(kid),
    env: {
      monotonic: () => now,
      async fetch(url) {
        expect(url).toBe('https://auth.example.com/.well-known/jwks.json');
        requests++;
        if (status === 0) throw new TypeError('no way');
        return { ok: status === 200, status, headers: { get: () => null }, json: async () => served };
      },
    },
  });
});

const make = (kid: string): JWK => ({ ...jwk, kid, alg: 'ES256', use: 'sig' });
const serve = (...kids: string[]) => {
  served = { keys: kids.map(make) };
};
const catchCode = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: AuthCenterError) => error.code,
  );
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

test('they are read once, however many ask', async () => {
  const found = await Promise.all(Array.from({ length: 20 }, () => keys.find('one')));
  expect(new Set(found).size).toBe(1);
  expect([found[0]?.alg, requests]).toEqual(['ES256', 1]);
  expect([keys.has('one'), keys.has('two')]).toEqual([true, false]);
});

test('a thousand strange kids make one more reading in ten seconds', async () => {
  await keys.find('one');
  now += 10_000;
  for (let index = 0; index < 1_000; index++) expect(await keys.find(`strange-${index}`)).toBeUndefined();
  expect(requests).toBe(2);
  now += 9_999;
  serve('one', 'two');
  expect(await keys.find('two')).toBeUndefined();
  now += 1;
  expect((await keys.find('two'))?.kid).toBe('two');
  expect(requests).toBe(3);
});

test('after ten minutes they are read again, and nobody waits', async () => {
  keys.keepFresh();
  expect(requests).toBe(0);
  await keys.find('one');
  now += 600_000;
  keys.keepFresh();
  expect(requests).toBe(1);
  now += 1;
  serve('two');
  keys.keepFresh();
  keys.keepFresh();
  expect([requests, keys.has('one')]).toEqual([2, true]);
  await settle();
  expect([keys.has('one'), keys.has('two')]).toEqual([false, true]);
});

test('one that was withdrawn is gone, whatever the list says, and not asked for again', async () => {
  await keys.find('one');
  withdrawn.add('one');
  now += 60_000;
  expect([keys.has('one'), await keys.find('one'), requests]).toEqual([false, undefined, 1]);
});

test('one that the feed tells of is read at once', async () => {
  await keys.find('one');
  serve('one', 'two');
  await keys.expect('two');
  expect([keys.has('two'), requests]).toEqual([true, 2]);
  await keys.expect('two');
  expect(requests).toBe(2);
});

describe('a server that does not answer', () => {
  test.each([
    [0, undefined],
    [503, undefined],
    [200, { nothing: true }],
  ])('(%s) is told, and not asked for each token', async (answered, body) => {
    status = answered;
    served = body;
    for (let index = 0; index < 10; index++) expect(await catchCode(keys.find('one'))).toBe('NETWORK_ERROR');
    expect(requests).toBe(1);
    now += 1_000;
    status = 200;
    serve('one');
    expect((await keys.find('one'))?.kid).toBe('one');
  });

  test('leaves the keys there are; of one that is not among them it is not known', async () => {
    await keys.find('one');
    status = 0;
    now += 600_001;
    keys.keepFresh();
    await settle();
    expect(keys.has('one')).toBe(true);
    expect(await catchCode(keys.find('two'))).toBe('NETWORK_ERROR');
  });
});

test('secrets, keys for other uses, keys without an algorithm and what is no key are left out', async () => {
  served = {
    keys: [
      { kty: 'oct', k: 'c2VjcmV0', kid: 'secret', alg: 'HS256' },
      { ...make('encrypting'), use: 'enc' },
      { ...jwk, kid: 'free' },
      { ...make('broken'), x: 'AA' },
      { ...jwk, alg: 'ES256' },
      make('good'),
    ],
  };
  expect((await keys.find('good'))?.kid).toBe('good');
  expect(['secret', 'encrypting', 'free', 'broken'].filter((kid) => keys.has(kid))).toEqual([]);
});
