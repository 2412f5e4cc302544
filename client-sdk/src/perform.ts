// How one call is made: sent, sent again where that is safe, and once more when its token was renewed.
import type { Operation } from '@trpc/client';
import type { Perform } from './call-link.ts';
import type { CallContext, Recovery } from './credentials.ts';
import type { Environment } from './environment.ts';
import { type AuthCenterError, toAuthCenterError } from './error.ts';
import { planRetry } from './retry.ts';

/**
 * @param retryFor - how long to go on trying, in milliseconds from the call on
 * @param recover - mends the reason of a failure, if it can
 */
export function createPerform(
  env: Pick<Environment, 'now' | 'wait' | 'random'>,
  retryFor: number,
  recover: (error: AuthCenterError, context: CallContext) => Promise<Recovery> = async () => 'no',
  originOf: () => string | null = () => null,
): Perform {
  return async (op, send) => {
    const until = env.now() + retryFor;
    const origin = originOf();
    /** What has been mended by something that the server had just issued. */
    const mended = new Set<string>();
    for (let attempt = 0; ; attempt++) {
      // The links below note in the context what they sent; it is the caller's, and may serve several calls.
      const sent: Operation & { context: CallContext } = { ...op, context: { ...op.context, origin } };
      try {
        return await send(sent);
      } catch (thrown) {
        const error = toAuthCenterError(thrown, op.signal?.aborted);
        const recovery = mended.has(error.code) ? 'no' : await recover(error, sent.context);
        if (recovery === 'last') mended.add(error.code);
        if (recovery !== 'no') continue;
        const delay = planRetry(error, sent, attempt, until - env.now(), env.random);
        if (delay === null) throw error;
        await env.wait(delay, op.signal ?? undefined);
      }
    }
  };
}
