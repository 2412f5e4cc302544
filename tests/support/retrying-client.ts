// A client that tries again, as any that means it: on a broken connection and on 503, until its patience is spent.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { RestAnswer, TestServer } from './server.ts';

/** How long a call is tried again, in ms. */
const PATIENCE = 30_000;

export interface RetryingClient {
  /** The first answer that is no 503; what was refused in between is checked to have been told as it should. */
  call(method: string, path: string, options?: Parameters<TestServer['rest']>[2]): Promise<RestAnswer>;
  /** How many attempts were refused or broken off. */
  failures(): number;
}

export function createRetryingClient(server: Pick<TestServer, 'rest'>): RetryingClient {
  let failures = 0;
  return {
    failures: () => failures,
    async call(method, path, options) {
      const deadline = Date.now() + PATIENCE;
      for (;;) {
        const answer = await server.rest(method, path, options).catch(() => null);
        if (answer && answer.status !== 503) return answer;
        failures++;
        if (answer) {
          expect(answer.body).toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retry_after: expect.any(Number) });
          expect(answer.headers.get('retry-after')).toBe(String(answer.body.retry_after));
        }
        if (Date.now() > deadline)
          throw new Error(`${method} ${path} did not succeed: ${JSON.stringify(answer?.body)}`);
        await sleep(200);
      }
    },
  };
}
