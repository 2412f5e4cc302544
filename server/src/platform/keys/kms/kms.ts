// What a key management service has to do for the ring; one adapter a file.
import type { KeyObject } from 'node:crypto';
import type { SigningAlgorithm } from '../algorithms.ts';

export interface KmsKey {
  /** By what the service knows this very version of the key; stored with it. */
  readonly name: string;
  readonly publicKey: KeyObject;
}

export interface Kms {
  readonly kind: 'vault' | 'aws' | 'gcp';
  /** The newest version of the configured key. @throws KmsError */
  newest(): Promise<KmsKey>;
  /** Whether a version that was newest once can be asked for by this configuration. */
  owns(name: string): boolean;
  /** The signature in the form that JOSE wants. @throws KmsError */
  sign(name: string, algorithm: SigningAlgorithm, bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
}

interface KmsErrorOptions {
  readonly passes?: boolean;
  readonly status?: number;
  readonly cause?: unknown;
}

/** The service refused, failed, or could not be reached. The message holds no secret. */
export class KmsError extends Error {
  override name = 'KmsError';
  /** Whether the same may go well the next moment. */
  readonly passes: boolean;
  /** What it answered; absent where it did not. */
  readonly status: number | undefined;

  constructor(message: string, { passes = false, status, cause }: KmsErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.passes = passes;
    this.status = status;
  }
}
