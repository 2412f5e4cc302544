// By which token somebody was verified: whoever asks later what they may do asks of that, and of nobody else's rights.

const bearers = new WeakMap<object, string>();

/** @returns the same object */
export function noteBearer<T extends object>(told: T, token: string): T {
  bearers.set(told, token);
  return told;
}

export const bearerOf = (told: object): string | undefined => bearers.get(told);
