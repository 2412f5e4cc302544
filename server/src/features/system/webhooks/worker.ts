// Delivers what webhooks are to be told. Each webhook is a lane of its own, so that a slow receiver holds up nobody but itself.
import type { Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/logger.ts';
import type { DeliveriesRepository, DeliveryDocument } from './deliveries-repository.ts';
import type { Subscriber } from './repository.ts';

export interface WebhookWorker {
  /** Looks for what is due now, not at the next poll. */
  wake(): void;
  /** Resolves when nothing is in hand here and nothing is due. */
  idle(): Promise<void>;
  /** Ends tries that are under way, gives them back, and takes nothing more. */
  close(): Promise<void>;
}

export interface WebhookWorkerOptions {
  readonly deliveries: DeliveriesRepository;
  readonly listSubscribers: () => readonly Subscriber[];
  /** One try, noted with its outcome. */
  readonly attempt: (delivery: DeliveryDocument, stop: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a try may be in hand before its instance counts as dead, in ms. */
  readonly leaseMs: number;
  readonly pollMs?: number;
}

/** Tries of one webhook under way at once, on each instance. */
const AT_ONCE = 4;

export function startWebhookWorker(options: WebhookWorkerOptions): WebhookWorker {
  const { deliveries, listSubscribers, attempt, clock, log, leaseMs, pollMs = 1_000 } = options;
  const stop = new AbortController();
  const lanes = new Map<string, Set<Promise<void>>>();

  /** Each that finds something has another look for more, up to so many. */
  const open = (webhookId: string): void => {
    const open = lanes.get(webhookId) ?? new Set();
    if (stop.signal.aborted || open.size >= AT_ONCE) return;
    lanes.set(webhookId, open);
    const lane = drain(webhookId)
      .catch((error: unknown) => log.warn({ error, webhook_id: webhookId }, 'webhook deliveries cannot be made now'))
      .finally(() => {
        open.delete(lane);
        if (open.size === 0) lanes.delete(webhookId);
      });
    open.add(lane);
  };

  const drain = async (webhookId: string): Promise<void> => {
    while (!stop.signal.aborted && listSubscribers().some(({ id }) => id === webhookId)) {
      const now = clock.now();
      const delivery = await deliveries.take(webhookId, now, new Date(now.getTime() + leaseMs));
      if (!delivery) return;
      open(webhookId);
      await attempt(delivery, stop.signal);
    }
  };

  const wake = () => {
    for (const { id } of listSubscribers()) open(id);
  };
  const poll = setInterval(wake, pollMs);
  poll.unref();

  const settle = async () => {
    while (lanes.size > 0) await Promise.all([...lanes.values()].flatMap((open) => [...open]));
  };
  const hasDue = async () => {
    for (const { id } of listSubscribers()) if (await deliveries.hasDue(id, clock.now())) return true;
    return false;
  };

  return {
    wake,
    async idle() {
      do {
        wake();
        await settle();
      } while (!stop.signal.aborted && (await hasDue()));
    },
    async close() {
      clearInterval(poll);
      stop.abort();
      await settle();
    },
  };
}
