// The server's clock, passed on explicitly so that tests move it instead of sleeping.

export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** Whole seconds since the epoch, as JWT claims carry time (RFC 7519 §2, NumericDate). */
export const toSeconds = (at: Date): number => Math.floor(at.getTime() / 1000);
