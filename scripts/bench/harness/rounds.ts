// Base and subject by turns: on a shared machine only figures taken next to each other can be compared.
import { median } from './statistics.ts';

export interface Compared {
  /** The median of the rounds' ratios, subject to base. */
  readonly ratio: number;
  readonly base: number;
  readonly subject: number;
  readonly rounds: readonly { readonly base: number; readonly subject: number; readonly ratio: number }[];
}

/** Each measures once and answers a rate. The order changes from round to round, so that a drift favours neither. */
export async function compare(
  count: number,
  measureBase: () => Promise<number>,
  measureSubject: () => Promise<number>,
): Promise<Compared> {
  const rounds: { base: number; subject: number; ratio: number }[] = [];
  for (let round = 0; round < count; round++) {
    const baseFirst = round % 2 === 0;
    const early = baseFirst ? await measureBase() : undefined;
    const subject = await measureSubject();
    const base = early ?? (await measureBase());
    rounds.push({ base, subject, ratio: subject / base });
  }
  return {
    ratio: median(rounds.map(({ ratio }) => ratio)),
    base: median(rounds.map(({ base }) => base)),
    subject: median(rounds.map(({ subject }) => subject)),
    rounds,
  };
}
