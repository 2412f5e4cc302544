// Ids and secrets as the server makes them, from what every platform has.

/** An id on the wire: 24 hexadecimal digits that grow, so that lists by age and by id agree. */
export function createIds(): () => string {
  let count = 0;
  return () => (++count).toString(16).padStart(24, '6650f0a1b2c3d4e5f6000000');
}

export const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

/** So many random bytes as text. */
export const newSecret = (bytes = 32): string => toBase64Url(crypto.getRandomValues(new Uint8Array(bytes)));

export const newUuid = (): string => crypto.randomUUID();

/** @param from - below which it is not */
export const newNumber = (from: number, below: number): number =>
  from + ((crypto.getRandomValues(new Uint32Array(1))[0] as number) % (below - from));

/** A made-up user name, to be changed once. */
export const newUsername = (): string =>
  `u_${Array.from({ length: 10 }, () => 'abcdefghijklmnopqrstuvwxyz234567'[newNumber(0, 32)]).join('')}`;

export const sha256 = async (text: string): Promise<string> =>
  toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
