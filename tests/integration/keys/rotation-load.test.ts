// Fifty rotations under load on two instances: no valid token is ever refused, none of a key that has left the ring accepted.
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestServer, type TestServer, type TestUser, type Tokens } from '../../support/server.ts';
import { manageKeys, OVERLAP, readStoredKeys } from '../../support/signing-key.ts';

const ROTATIONS = 50;
const PEOPLE = 4;
const MINUTE = 60_000;
let instances: TestServer[];
let first: TestServer;
let people: TestUser[];

beforeAll(async () => {
  first = await startTestServer({ config: { jwt: { refresh_token_expire: '2h' } } });
  instances = [first, await startTestServer({ sharedWith: first, config: { jwt: { refresh_token_expire: '2h' } } })];
  people = await Promise.all(Array.from({ length: PEOPLE }, () => first.createUser()));
});
afterAll(async () => {
  for (const instance of instances.toReversed()) await instance.close();
});

const anyInstance = () => instances[Math.floor(Math.random() * instances.length)] as TestServer;
const now = () => first.clock.now().getTime();
const expiresAt = (token: string) => (decodeJwt(token).exp ?? 0) * 1000;

interface Seen {
  readonly refused: string[];
  readonly kids: Set<string>;
  verified: number;
  refreshed: number;
}

/** Signs in, has its tokens verified everywhere, refreshes, over and over; the clock moves only while nobody is at it. */
async function act(user: TestUser, held: Tokens | undefined, seen: Seen): Promise<Tokens> {
  let tokens = held && expiresAt(held.refresh) > now() ? held : await anyInstance().signIn(user);
  for (let step = 0; step < 2; step++) {
    if (expiresAt(tokens.access) > now())
      for (const verifier of instances) {
        const { status, body } = await verifier.rest('GET', '/auth/me', { token: tokens.access });
        if (status !== 200) seen.refused.push(`access: ${body.code}`);
        seen.verified++;
      }
    const { status, body } = await anyInstance().rest('POST', '/auth/refresh', {
      body: { refresh_token: tokens.refresh },
    });
    if (status !== 200) {
      seen.refused.push(`refresh: ${body.code}`);
      return anyInstance().signIn(user);
    }
    tokens = { access: body.access_token, refresh: body.refresh_token };
    seen.kids.add(decodeProtectedHeader(tokens.access).kid ?? '');
    seen.refreshed++;
  }
  return tokens;
}

test('fifty rotations, one after another', async () => {
  const seen: Seen = { refused: [], kids: new Set(), verified: 0, refreshed: 0 };
  const held: (Tokens | undefined)[] = people.map(() => undefined);
  const work = () => Promise.all(people.map(async (user, index) => (held[index] = await act(user, held[index], seen))));
  const last: string[] = [];
  for (let rotation = 0; rotation < ROTATIONS; rotation++) {
    await Promise.all([
      work(),
      manageKeys(anyInstance()).rotate({ uses: ['access', 'refresh'], immediately: rotation % 5 === 4 }),
    ]);
    last.push(held[0]?.access ?? '');
    first.clock.advance(OVERLAP / 2);
    await work();
    first.clock.advance(OVERLAP / 2 + (rotation % 3) * MINUTE);
    await Promise.all([work(), anyInstance().deps.keyKeeper.run()]);
  }
  expect(seen.refused).toEqual([]);
  expect(seen.kids.size).toBeGreaterThan(ROTATIONS * 0.9);
  expect(await readStoredKeys(first, 'access')).toHaveLength(ROTATIONS + 1);

  // Of all those keys only the lately used verify, and no token of the others is taken.
  const inRing = new Set(first.deps.keys.jwks().keys.map(({ kid }) => kid));
  expect(inRing.size).toBeLessThanOrEqual(4);
  const gone = last.filter((token) => !inRing.has(decodeProtectedHeader(token).kid));
  expect(gone.length).toBeGreaterThan(ROTATIONS * 0.9);
  for (const instance of instances)
    for (const token of gone)
      expect((await instance.rest('GET', '/auth/me', { token })).body.code).toBe('TOKEN_INVALID');
}, 240_000);
