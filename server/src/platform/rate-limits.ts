// Request limits by name: in the database where all instances must count together, in memory where a check may cost no database act.
import ipaddr from 'ipaddr.js';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterMongo, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.ts';
import type { Database } from '../database/client.ts';
import { AppError } from '../errors.ts';

/** The names that stand in declarations. `read` and `write` share one allowance. */
export type LimitName = 'read' | 'write' | 'verify' | 'login' | 'register' | 'refresh' | 'send';

export interface RateLimits {
  /**
   * Takes one of the caller's allowance.
   *
   * @param keys - what is counted apart: the address (`addressKey`), the signed-in user
   * @throws AppError RATE_LIMITED with `retryAfter`
   */
  consume(name: LimitName, keys: readonly string[]): Promise<void>;
  /** Limits on messages to one target: one a minute and ten a day per source, thirty a day in all. */
  consumeSend(target: string, source: string): Promise<void>;
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

export async function createRateLimits(config: Config['rate_limit'], database: Database): Promise<RateLimits> {
  if (!config.enabled) return { consume: async () => undefined, consumeSend: async () => undefined };

  // A count lost with a primary is no loss worth waiting for a majority at each call.
  const counters = database.client.db(database.db.databaseName, { writeConcern: { w: 1 } });
  const shared = async (keyPrefix: string, points: number, duration: number) => {
    const limiter = new RateLimiterMongo({
      storeClient: counters,
      tableName: 'rate_limits',
      keyPrefix,
      points,
      duration,
      disableIndexesCreation: true,
    });
    await limiter.createIndexes();
    return limiter;
  };
  const local = (keyPrefix: string, { points, seconds }: { points: number; seconds: number }) =>
    new RateLimiterMemory({ keyPrefix, points, duration: seconds });

  const readWrite = local('read_write', config.read_write);
  const send = {
    minute: await shared('send_minute', 1, 60),
    day: await shared('send_day', 10, DAY),
    target: await shared('send_target', 30, DAY),
  };
  const limiters: Record<LimitName, RateLimiterAbstract> = {
    read: readWrite,
    write: readWrite,
    verify: local('verify', config.verify),
    refresh: local('refresh', config.refresh),
    login: await shared('login', config.login.points, config.login.seconds),
    // Targets are counted apart (`consumeSend`): only the procedure knows them.
    send: await shared('send', config.login.points, config.login.seconds),
    register: await shared('register', config.register.points, config.register.seconds),
  };

  return {
    async consume(name, keys) {
      const limiter = limiters[name];
      for (const key of keys) await take(limiter, key);
    },
    async consumeSend(target, source) {
      await take(send.minute, `${target} ${source}`);
      await take(send.day, `${target} ${source}`);
      await take(send.target, target);
    },
  };
}

async function take(limiter: RateLimiterAbstract, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes)
      throw new AppError('RATE_LIMITED', { retryAfter: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)) });
    throw refusal;
  }
}
