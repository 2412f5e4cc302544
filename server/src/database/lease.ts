// Leases: work that one instance does for all, until it ends or dies.
import { z } from 'zod';
import type { Database } from './client.ts';
import { duplicateKey } from './errors.ts';

export const LeaseDocument = z.object({ _id: z.string(), owner: z.string(), until: z.date() });
export type LeaseRecord = z.output<typeof LeaseDocument>;

export const leasesCollection = { name: 'leases', schema: LeaseDocument, indexes: [] };

export interface LeaseOptions {
  readonly name: string;
  /** The instance. */
  readonly owner: string;
  /** For so long, in milliseconds, others leave the work alone when the holder is not heard of any more. */
  readonly life: number;
  readonly now: () => Date;
}

export interface Lease {
  /** Takes or renews it; false while another instance has it. Two may think they have it: what they do must bear that. */
  take(): Promise<boolean>;
  release(): Promise<void>;
}

export function createLease(database: Database, { name, owner, life, now }: LeaseOptions): Lease {
  const leases = database.db.collection<LeaseRecord>(leasesCollection.name);
  let until = 0;
  let deniedUntil = 0;
  return {
    async take() {
      const at = now().getTime();
      if (at < deniedUntil) return false;
      // Renewed when half of it is over, so that it costs no write each time.
      if (until - at > life / 2) return true;
      const end = at + life;
      try {
        await leases.updateOne(
          { _id: name, $or: [{ owner }, { until: { $lte: new Date(at) } }] },
          { $set: { owner, until: new Date(end) } },
          { upsert: true },
        );
      } catch (error) {
        // There it is, and it is somebody else's.
        if (duplicateKey(error) === null) throw error;
        until = 0;
        deniedUntil = at + life / 4;
        return false;
      }
      until = end;
      return true;
    },
    async release() {
      if (until === 0) return;
      until = 0;
      await leases.deleteOne({ _id: name, owner });
    },
  };
}
