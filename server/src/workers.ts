// The workers that each instance runs: messages and copies out of the outbox, and what webhooks are to be told.
import { createCopyHandlers } from './copy-work.ts';
import { joinWorkers, type OutboxWorker, startOutboxWorker } from './database/outbox.ts';
import type { Deps } from './deps.ts';
import { deliverMessage } from './features/auth/messages/deliver.ts';
import { ERASURE } from './features/system/audit/erasure.ts';
import { attemptDelivery } from './features/system/webhooks/attempt.ts';
import { strangerRules } from './features/system/webhooks/rules.ts';
import { startWebhookWorker, type WebhookWorker } from './features/system/webhooks/worker.ts';
import { createStrangerSender } from './platform/strangers.ts';
import { MESSAGE } from './queues.ts';
import type { Repositories } from './repositories.ts';

/** Messages in hand at once, on each instance: one vendor that does not answer must not hold up those of others. */
const MESSAGES_AT_ONCE = 8;

/** Sources copied at once, on each instance: a long one does not hold up the others. */
const COPIES_AT_ONCE = 2;

type Common = Repositories & Pick<Deps, 'database' | 'clock' | 'log' | 'transact' | 'takeGuard'>;
type OutboxDeps = Common &
  Pick<Deps, 'runtimeSettings' | 'hashLink' | 'publicUrl' | 'mailSender' | 'smsSender' | 'limits' | 'metrics'>;

export function startOutbox(deps: OutboxDeps, owner: string): OutboxWorker {
  const { database, clock, log } = deps;
  const common = { owner, clock, log: log.root };
  const messages = startOutboxWorker(database, {
    ...common,
    handlers: {
      [MESSAGE]: (payload, record) =>
        deliverMessage({ ...deps, config: deps.runtimeSettings.config() }, payload, record),
      [ERASURE]: (payload) => deps.auditTrail.erase(String(payload['user_id'])),
    },
    concurrency: MESSAGES_AT_ONCE,
  });
  const copies = startOutboxWorker(database, {
    ...common,
    handlers: createCopyHandlers(deps),
    concurrency: COPIES_AT_ONCE,
  });
  return joinWorkers([messages, copies]);
}

/** How long the noting of a delivery may take before another instance thinks that this one has died, in ms. */
const BEYOND_TIMEOUT = 45_000;

export function startWebhooks(deps: Common & Pick<Deps, 'config' | 'envelope' | 'events'>): WebhookWorker {
  const { config, clock, log } = deps;
  const sendToStranger = createStrangerSender(strangerRules(config));
  return startWebhookWorker({
    deliveries: deps.webhookDeliveries,
    listSubscribers: deps.events.listSubscribers,
    attempt: (delivery, stop) => attemptDelivery({ ...deps, sendToStranger }, delivery, stop),
    clock,
    log: log.root,
    leaseMs: config.webhooks.timeout + BEYOND_TIMEOUT,
  });
}
