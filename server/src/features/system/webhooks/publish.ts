// Telling webhooks of what happened: deliveries, written in the transaction of the act. Where nobody subscribes, nothing is read or written.

import type { HappenedEvent } from '@authcenter/shared/acts';
import { subscribes } from '@authcenter/shared/webhooks';
import { ObjectId } from 'mongodb';
import { afterCommit, type Tx } from '../../../database/transaction.ts';
import type { Clock } from '../../../platform/clock.ts';
import { keep } from '../../../platform/kept.ts';
import type { DeliveriesRepository, NewDelivery } from './deliveries-repository.ts';
import type { Subscriber } from './repository.ts';

export interface EventPublisher {
  /** @param tx - absent where the act itself wrote outside of one */
  publish(tx: Tx | undefined, events: readonly HappenedEvent[]): Promise<void>;
  /** Subscribers as this instance knows them. */
  listSubscribers(): readonly Subscriber[];
  /** Reads them again. */
  reload(): Promise<void>;
}

export interface PublisherDeps {
  readonly loadSubscribers: () => Promise<Subscriber[]>;
  readonly deliveries: Pick<DeliveriesRepository, 'insert'>;
  readonly clock: Clock;
  /** Whether what is known of subscribers may be out of date: then they are read each time. */
  readonly isStalled: () => boolean;
  /** Told once there is something to deliver. */
  readonly wake: () => void;
}

export function createEventPublisher(deps: PublisherDeps): EventPublisher {
  const { loadSubscribers, deliveries, clock, isStalled, wake } = deps;
  const subscribers = keep<readonly Subscriber[]>([], loadSubscribers);
  return {
    listSubscribers: subscribers.value,
    reload: subscribers.reload,
    async publish(tx, events) {
      const known = isStalled() ? await loadSubscribers() : subscribers.value();
      const now = clock.now();
      const told = events.flatMap((event) => tell(known, event, now));
      if (told.length === 0) return;
      await deliveries.insert(told, now, tx);
      if (tx) afterCommit(tx, wake);
      else wake();
    },
  };
}

function tell(subscribers: readonly Subscriber[], { type, data }: HappenedEvent, now: Date): NewDelivery[] {
  const concerned = subscribers.filter(({ events }) => subscribes(events, type));
  if (concerned.length === 0) return [];
  const eventId = `evt_${new ObjectId().toHexString()}`;
  const body = JSON.stringify({ type, timestamp: now.toISOString(), data });
  return concerned.map(({ id: webhookId }) => ({ webhookId, eventId, type, body }));
}
