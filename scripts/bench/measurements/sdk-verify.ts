// The SDK's verifyToken: a token seen for the first time against the bare signature check, and one that is kept.
import { compactVerify } from 'jose';
import type { Verifier } from '../../../client-sdk/src/verify.ts';
import { startIssuer } from '../harness/issuer.ts';
import type { Lab } from '../harness/lab.ts';
import { atLeast, atMost, type Section } from '../harness/report.ts';
import { compare } from '../harness/rounds.ts';
import { median } from '../harness/statistics.ts';

const AT_ONCE = 16;

/** Calls per second, one after the other or so many at once. */
async function rate(tokens: readonly string[], verify: (token: string) => Promise<unknown>, atOnce: number) {
  const startedAt = performance.now();
  let next = 0;
  const work = async () => {
    for (let token = tokens[next++]; token !== undefined; token = tokens[next++]) await verify(token);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return (tokens.length / (performance.now() - startedAt)) * 1000;
}

/** As requests bring them: each a string of its own, whose hash nobody has asked for yet. */
const copy = (tokens: readonly string[], times: number): string[] =>
  Array.from({ length: times }, () => tokens.map((token) => Buffer.from(token, 'latin1').toString('latin1'))).flat();

export async function measureSdkVerify(lab: Lab): Promise<Section> {
  const issuer = await startIssuer();
  const verifiers: Verifier[] = [];
  const open = async () => {
    const verifier = await issuer.openVerifier();
    verifiers.push(verifier);
    return verifier;
  };
  try {
    const [rounds, count] = lab.short ? [3, 500] : [9, 3_000];
    const tokens = await issuer.mint(count + 1);
    const first = tokens.pop() ?? '';
    const raw = (token: string) => compactVerify(token, issuer.key, { algorithms: ['ES256'] });

    const colds: number[] = [];
    for (let index = 0; index < 5; index++) {
      const startedAt = performance.now();
      await (await open()).verifyToken(first);
      colds.push(performance.now() - startedAt);
    }

    /** A verifier that knows the key and hears the feed, and has seen none of these tokens. */
    const uncached = async (atOnce: number) => {
      const verifier = await open();
      await verifier.verifyToken(first);
      return rate(tokens, (token) => verifier.verifyToken(token), atOnce);
    };
    await rate(tokens, raw, 1);
    await uncached(1);
    const one = await compare(
      rounds,
      () => rate(tokens, raw, 1),
      () => uncached(1),
    );
    const many = await compare(
      rounds,
      () => rate(tokens, raw, AT_ONCE),
      () => uncached(AT_ONCE),
    );

    const verifier = await open();
    for (const token of tokens) await verifier.verifyToken(token);
    const cached: number[] = [];
    for (let round = 0; round < rounds; round++)
      cached.push(await rate(copy(tokens, 10), (token) => verifier.verifyToken(token), 1));
    const again: number[] = [];
    for (let round = 0; round < rounds; round++)
      again.push(
        await rate(
          Array.from({ length: 50_000 }, () => first),
          (token) => verifier.verifyToken(token),
          1,
        ),
      );

    return {
      title: 'SDK: verifyToken',
      rows: [
        {
          name: 'cold: keys and feed are to be had first',
          value: median(colds),
          unit: 'ms',
          from: 'median of 5, on loopback',
        },
        {
          name: 'seen for the first time, time against the bare signature check',
          value: 1 / one.ratio,
          unit: '×',
          target: atMost(1.2),
          from: `${Math.round(one.subject)}/s against ${Math.round(one.base)}/s, one at a time`,
          details: { rounds: one.rounds },
        },
        {
          name: `the same, ${AT_ONCE} at once`,
          value: 1 / many.ratio,
          unit: '×',
          target: atMost(1.2),
          from: `${Math.round(many.subject)}/s against ${Math.round(many.base)}/s`,
          details: { rounds: many.rounds },
        },
        {
          name: 'kept, each call with a string of its own',
          value: median(cached),
          unit: '/s',
          target: atLeast(100_000),
          from: `${tokens.length} tokens, one at a time`,
          details: { rounds: cached },
        },
        { name: 'kept, the same string', value: median(again), unit: '/s', from: 'one token, one at a time' },
      ],
    };
  } finally {
    for (const verifier of verifiers) verifier.close();
    issuer.close();
  }
}
