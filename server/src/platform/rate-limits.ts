// Request limits by name: in the database where all instances must count together, in memory where a check may cost no database act.
import ipaddr from 'ipaddr.js';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.ts';
import type { Database } from '../database/client.ts';
import { AppError } from '../errors.ts';

/** The names that stand in declarations. `read` and `write` share one allowance. */
export type LimitName = 'read' | 'write' | 'verify' | 'login' | 'register' | 'refresh' | 'send' | 'strict';

export interface RateLimits {
  /** Puts other limits in force; what was taken of the ones before is counted against them. */
  configure(config: Pick<Config, 'rate_limit' | 'sms'>): void;
  /**
   * Takes one of the caller's allowance.
   *
   * @param keys - what is counted apart: the address (`addressKey`), the signed-in user
   * @throws AppError RATE_LIMITED with `retryAfter`
   */
  consume(name: LimitName, keys: readonly string[]): Promise<void>;
  /**
   * Takes one of the messages to a target: one a minute and ten a day per source, thirty a day in all; and thirty a day of the source, whatever
   * the targets.
   *
   * @returns whether a day's allowance is used up; what opens it again is the caller's to say
   * @throws AppError RATE_LIMITED within the minute
   */
  consumeSend(target: string, source: string): Promise<SendAllowance>;
  /**
   * Takes one of the text messages that the day's budget pays for; false when none is left for this. The last tenth is kept for
   * codes. Holds without limits on requests too.
   */
  consumeSmsBudget(use: SmsUse): Promise<boolean>;
  /** Whether there is one left for a code. */
  hasSmsBudget(): Promise<boolean>;
}

/** Codes let people in; notices tell them something. */
export type SmsUse = 'code' | 'notice';

export interface SendAllowance {
  readonly isOverDay: boolean;
  /** Whether the source has asked for many, to whomever: one that goes through numbers, or a company behind one address. */
  readonly isManyTargets: boolean;
  /** Seconds until it would be there again. */
  readonly retryAfter: number;
  /** Gives the minute back, where nothing was sent after all. */
  giveBack(): Promise<void>;
}

/** What counts as one address: an IPv4 address, or an IPv6 network of 64 bits, which is what one subscriber gets. */
export function addressKey(ip: string): string {
  if (!ip.includes(':')) return ip;
  // Some proxies write the port behind an IPv4 address; it would make each connection somebody else.
  const bare = /^([\d.]+):\d+$/.exec(ip)?.[1] ?? ip;
  if (!ipaddr.isValid(bare)) return ip;
  const address = ipaddr.process(bare);
  if (address instanceof ipaddr.IPv4) return address.toString();
  return `${address.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}

/** What counts as one source of guesses: an IPv4 network of 24 bits, an IPv6 network of 64. */
export function sourceKey(ip: string): string {
  const address = addressKey(ip);
  return address.includes(':') ? address : `${address.split('.').slice(0, 3).join('.')}.0/24`;
}

const DAY = 86_400;

export async function createRateLimits(
  { rate_limit: config, sms }: Pick<Config, 'rate_limit' | 'sms'>,
  database: Database,
): Promise<RateLimits> {
  // A count lost with a primary is no loss worth waiting for a majority at each call.
  const counters = database.client.db(database.db.databaseName, { writeConcern: { w: 1 } });
  const shared = (keyPrefix: string, points: number, duration: number) =>
    new RateLimiterMongo({
      storeClient: counters,
      tableName: 'rate_limits',
      keyPrefix,
      points,
      duration,
      disableIndexesCreation: true,
    });
  let smsDailyCap = sms.daily_cap;
  // As many as may ever be: what the cap is now is asked at each message.
  const budget = shared('sms_budget', Number.MAX_SAFE_INTEGER, DAY);
  // All of them count in one collection.
  await budget.createIndexes();
  const smsBudget = createSmsBudget(() => smsDailyCap, budget);
  if (!config.enabled)
    return {
      configure: (next) => {
        smsDailyCap = next.sms.daily_cap;
      },
      consume: async () => undefined,
      consumeSend: async () => ({
        isOverDay: false,
        isManyTargets: false,
        retryAfter: 0,
        giveBack: async () => undefined,
      }),
      ...smsBudget,
    };

  const local = (keyPrefix: string, { points, seconds }: { points: number; seconds: number }) =>
    new RateLimiterMemory({ keyPrefix, points, duration: seconds });

  const readWrite = local('read_write', config.read_write);
  const send = {
    minute: shared('send_minute', 1, 60),
    day: shared('send_day', 10, DAY),
    target: shared('send_target', 30, DAY),
    source: shared('send_source', 30, DAY),
  };
  const limiters: Record<LimitName, RateLimiterAbstract> = {
    read: readWrite,
    write: readWrite,
    verify: local('verify', config.verify),
    refresh: local('refresh', config.refresh),
    login: shared('login', config.login.points, config.login.seconds),
    // Targets are counted apart (`consumeSend`): only the procedure knows them.
    send: shared('send', config.login.points, config.login.seconds),
    register: shared('register', config.register.points, config.register.seconds),
    // What reads a great deal at once.
    strict: shared('strict', 10, 60),
  };

  return {
    configure({ rate_limit, sms }) {
      smsDailyCap = sms.daily_cap;
      const rates = { read: rate_limit.read_write, verify: rate_limit.verify, refresh: rate_limit.refresh };
      const sharedRates = { login: rate_limit.login, send: rate_limit.login, register: rate_limit.register };
      for (const [name, { points, seconds }] of Object.entries({ ...rates, ...sharedRates })) {
        limiters[name as LimitName].points = points;
        limiters[name as LimitName].duration = seconds;
      }
    },
    async consume(name, keys) {
      const limiter = limiters[name];
      for (const key of keys) await take(limiter, key);
    },
    async consumeSend(target, source) {
      const fromSource = `${target} ${source}`;
      const wait = await tryTake(send.minute, fromSource);
      if (wait > 0)
        throw new AppError('RATE_LIMITED', {
          retryAfter: wait,
          detail: 'A message was asked for there less than a minute ago',
        });
      const waits = [await tryTake(send.day, fromSource), await tryTake(send.target, target)];
      const retryAfter = Math.max(...waits);
      const giveBack = async () => void (await send.minute.delete(fromSource));
      const isManyTargets = (await tryTake(send.source, source)) > 0;
      return { isOverDay: retryAfter > 0, isManyTargets, retryAfter, giveBack };
    },
    ...smsBudget,
  };
}

function createSmsBudget(
  cap: () => number | undefined,
  budget: RateLimiterAbstract,
): Pick<RateLimits, 'consumeSmsBudget' | 'hasSmsBudget'> {
  const countSent = async () => (await budget.get(ALL))?.consumedPoints ?? 0;
  return {
    async hasSmsBudget() {
      const most = cap();
      return most === undefined || (await countSent()) < most;
    },
    async consumeSmsBudget(use) {
      const most = cap();
      if (most === undefined) return true;
      if (use === 'notice' && (await countSent()) >= most - Math.ceil(most / 10)) return false;
      return (await budget.consume(ALL)).consumedPoints <= most;
    },
  };
}

/** The one key of what is counted over everybody. */
const ALL = 'all';

async function take(limiter: RateLimiterAbstract, key: string): Promise<void> {
  const retryAfter = await tryTake(limiter, key);
  if (retryAfter > 0) throw new AppError('RATE_LIMITED', { retryAfter });
}

/** @returns 0 when one was to be had, else in how many seconds one will be */
async function tryTake(limiter: RateLimiterAbstract, key: string): Promise<number> {
  try {
    await limiter.consume(key);
    return 0;
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
    throw refusal;
  }
}
