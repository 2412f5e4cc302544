// What the fakes of key management services share: versions of one key, requests kept, orders to misbehave.
import { type ListenOptions, listen, type ReceivedRequest, type Reply, type Silence } from '../http.ts';
import { type FakeAlgorithm, type FakeKeyPair, makePair } from './key.ts';

export interface FakeKmsOptions extends ListenOptions {
  /** ES256 when absent. */
  readonly algorithm?: FakeAlgorithm;
  /** The vendor's clock; the machine's when absent. */
  readonly now?: () => Date;
}

/**
 * `forbidden`: the credentials may not do it. `error`: fails as a service does that has a bad moment. `silence`: never answers.
 * `garbage`: HTTP 200 and no answer. `forgery`: a signature by another key.
 */
export type KmsMisbehaviour = 'forbidden' | 'error' | 'silence' | 'garbage' | 'forgery';

export interface FakeKms<Config> {
  readonly url: string;
  /** `jwt.kms` that uses it. */
  readonly config: Config;
  /** The variables that its credentials come in. */
  readonly env: Readonly<Record<string, string>>;
  /** Signatures made, for each version of the key. */
  readonly signatures: ReadonlyMap<string, number>;
  /** What was refused because of its credentials or its form. */
  readonly refusals: readonly string[];
  /** A new version of the key, which is the newest from now on. @returns its name */
  rotate(algorithm?: FakeAlgorithm): string;
  /** @param times - how often; until `null` when absent */
  misbehave(how: KmsMisbehaviour | null, times?: number): void;
  close(): Promise<void>;
}

export interface KmsState {
  readonly now: () => Date;
  readonly pairs: FakeKeyPair[];
  refuse(why: string, reply: Reply): Reply;
  /** The version's pair, or a stranger's when that is ordered. */
  pairFor(version: number): FakeKeyPair | undefined;
  count(version: number): void;
}

export interface KmsBehaviour {
  readonly misbehave: Readonly<Record<'forbidden' | 'error', Reply>>;
  answer(request: ReceivedRequest, state: KmsState): Reply | Promise<Reply>;
  nameOf(version: number): string;
  /** Paths on which the orders do not hold: where tokens are got. */
  readonly exempt?: RegExp;
}

export interface StartedKms {
  readonly url: string;
  readonly state: KmsState;
  readonly fake: Omit<FakeKms<never>, 'config' | 'env'>;
}

export async function startFakeKms(
  { algorithm = 'ES256', now = () => new Date(), ...listening }: FakeKmsOptions,
  { misbehave, answer, nameOf, exempt }: KmsBehaviour,
): Promise<StartedKms> {
  let order: { how: KmsMisbehaviour; left: number } | null = null;
  let forged = false;
  const signatures = new Map<string, number>();
  const refusals: string[] = [];
  const state: KmsState = {
    now,
    pairs: [makePair(algorithm)],
    refuse(why, reply) {
      refusals.push(why);
      return reply;
    },
    pairFor: (version) => (forged ? makePair(algorithm) : state.pairs[version - 1]),
    count: (version) => signatures.set(nameOf(version), (signatures.get(nameOf(version)) ?? 0) + 1),
  };
  const { url, close } = await listen(listening, (request): Reply | Silence | Promise<Reply> => {
    const how = exempt?.test(request.target) ? null : takeOrder();
    forged = how === 'forgery';
    if (how === 'silence') return 'silence';
    if (how === 'garbage') return { body: 'not what you think' };
    return how === 'forbidden' || how === 'error' ? misbehave[how] : answer(request, state);
  });
  function takeOrder(): KmsMisbehaviour | null {
    if (!order) return null;
    const { how } = order;
    if (--order.left <= 0) order = null;
    return how;
  }
  return {
    url,
    state,
    fake: {
      url,
      signatures,
      refusals,
      rotate(other = algorithm) {
        state.pairs.push(makePair(other));
        return nameOf(state.pairs.length);
      },
      misbehave: (how, times = Number.POSITIVE_INFINITY) => {
        order = how === null ? null : { how, left: times };
      },
      close,
    },
  };
}

export function readJson(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
