// auth.revocations: what takes force from tokens, as it happens, for services that verify them on their own.
import type { RevocationBatch, RevocationsInput } from '@authcenter/shared';
import type { Caller, Ctx } from '../../../context.ts';
import { fail } from '../../../errors.ts';

/** Readers that hear nothing know nothing: a batch at least this often, in ms. */
const HEARTBEAT = 5_000;

/** @throws AppError DEPENDENCY_UNAVAILABLE while this instance hears nothing itself: another may */
export async function* followRevocations(
  { live }: Ctx<'live', Caller>,
  input: RevocationsInput,
  signal: AbortSignal,
): AsyncGenerator<RevocationBatch, void> {
  const news = live.feed.watch(signal);
  let { cursor } = input;
  try {
    while (!signal.aborted) {
      if (live.isStalled()) fail('DEPENDENCY_UNAVAILABLE', { retryAfter: 1 });
      const batch = live.feed.read(cursor);
      yield batch;
      const isMore = !batch.reset && batch.records.length > 0 && live.feed.read(batch.cursor).records.length > 0;
      ({ cursor } = batch);
      if (!isMore) await news.next(HEARTBEAT);
    }
  } finally {
    news.close();
  }
}
