// Whoever has the wrong key-encryption key must not put a key into the ring that the others cannot open.
import { isInRing } from './lifecycle.ts';
import { openPrivate } from './load-ring.ts';
import type { RingChanges } from './publish.ts';
import type { SigningKeyDocument } from './repository.ts';

/** @throws Error naming the key that does not open */
export async function requireOpenable({ repository, envelope, life, clock }: RingChanges): Promise<void> {
  const now = clock.now().getTime();
  const isNeeded = ({ use, retired_at }: SigningKeyDocument) =>
    use === 'refresh' || retired_at === null || retired_at.getTime() > now;
  for (const document of await repository.list())
    if (document.private_jwk !== null && isInRing(document, life, now) && isNeeded(document))
      await openPrivate(envelope, document);
}
