// What is to be told to somebody, as the outbox keeps it: people and codes by id, so that no secret rests there.
import { z } from 'zod';

/** What a person is told of unasked: each kind at most once an hour. */
export const Notice = z.enum([
  'account_locked',
  'refresh_reuse',
  'new_device',
  'credentials_changed',
  'address_changed',
  'number_moved',
  'account_deletion',
  'grant_ending',
  'access_requested',
  'access_approved',
  'access_declined',
]);
export type Notice = z.output<typeof Notice>;

const locale = z.enum(['zh', 'en']);

export const MessageJob = z.discriminatedUnion('kind', [
  /** The link of a one-time code: proves an address, resets a password. */
  z.object({ kind: z.literal('link'), code_id: z.string(), locale }),
  z.object({ kind: z.literal('resend_verification'), email: z.string(), locale }),
  z.object({ kind: z.literal('forgotten_password'), email: z.string(), locale }),
  z.object({ kind: z.literal('address_taken'), user_id: z.string(), locale }),
  /** To who was given an account and no password. */
  z.object({ kind: z.literal('invitation'), user_id: z.string(), locale }),
  /** The digits of a challenge. */
  z.object({ kind: z.literal('code'), challenge_id: z.string(), locale }),
  z.object({
    kind: z.literal('notice'),
    notice: Notice,
    /** Null for who is unknown: nothing is sent. */
    user_id: z.string().nullable(),
    locale,
    /** An address that is no longer the person's, but is to be told. */
    to: z.object({ channel: z.enum(['sms', 'email']), target: z.string() }).optional(),
    /** What is told of once for itself, however many of its kind there are within the hour. */
    about: z.string().optional(),
    details: z.record(z.string(), z.string()).optional(),
  }),
]);
export type MessageJob = z.output<typeof MessageJob>;
