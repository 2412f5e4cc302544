// What every provider is built with.
import type { Clock } from '../../../../platform/clock.ts';

export interface ProviderDeps {
  readonly clock: Clock;
  /** Where a phone number without country code is read: `CN`. */
  readonly defaultRegion: string;
  /** Milliseconds that a provider has for each answer. */
  readonly timeout: number;
}
