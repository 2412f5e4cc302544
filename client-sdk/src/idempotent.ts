// Idempotency keys: a creating call that may be sent twice and is done once.

/**
 * Makes a creating call safe to repeat: sent again under the same key it answers what it answered first, and is done once.
 * The SDK then repeats it by itself where it repeats queries. For procedures that take `Idempotency-Key`.
 *
 * @param key - 1 to 255 printable characters; the same for every repetition of one act, kept by the server for 24 h
 * @returns the options of the call
 * @example
 * import { createAuthCenter, idempotent } from '@authcenter/client';
 *
 * const { api } = createAuthCenter({ url: 'https://auth.example.com' });
 * await api.users.assignRole.mutate({ id: '6650f0a1b2c3d4e5f6a7b8c9', role_id: '6650f0a1b2c3d4e5f6a7b8d0' }, idempotent('order-42'));
 */
export const idempotent = (key: string): { context: { idempotencyKey: string } } => ({
  context: { idempotencyKey: key },
});
