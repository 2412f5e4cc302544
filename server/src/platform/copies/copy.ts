// The form of a copy: what is copied from where, a batch at a time.
import type { Database } from '../../database/client.ts';

export interface Copy {
  /** What the source is: with its id it names the source of the outbox's records. */
  readonly of: string;
  /**
   * Copies what the source says *now* to at most `limit` documents that say something else; answers how many it found. A source
   * that is gone is copied nowhere.
   */
  copyBatch(database: Database, sourceId: string, limit: number): Promise<number>;
  /** Sources of which something differs; of those with these ids, where ids are given. */
  listDiffering(database: Database, only?: readonly string[]): Promise<Differing[]>;
}

export interface Differing {
  readonly source: string;
  /** For a person. */
  readonly name: string;
  /** How many copies say something else. */
  readonly copies: number;
}
