// What the fake would have sent by text message or mail: read by tests in the place of a phone and a mailbox.

/**
 * A message that a real server would have sent.
 *
 * @example
 * import { createFakeAuthCenter, type FakeMessage } from '@authcenter/client/testing';
 *
 * const fake = createFakeAuthCenter();
 * const codes = fake.outbox.map(({ to, code }: FakeMessage) => `${to}: ${code}`);
 */
export interface FakeMessage {
  /** A text message or a mail. */
  readonly channel: 'sms' | 'email';
  /** E.164, or the address in lower case. */
  readonly to: string;
  /** What it is for: the purpose of a code, `verify_email`, `reset_password`, `invitation`. */
  readonly purpose: string;
  /** The six digits, where it brings some. */
  readonly code: string | null;
  /** The token of its link, where it brings one; a code to sign in by has one beside it where magic links are on. */
  readonly token: string | null;
  /** By the fake's clock. */
  readonly sent_at: Date;
}

/** Newest first. */
export type Outbox = FakeMessage[];
