// Every field that something sealed is put into is known to `keys rewrap`: a new use of the envelope has to be entered here and there.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listSourceFiles } from '../support/imports.ts';

/** The files that seal, with the fields that they fill. */
const SEALING: Readonly<Record<string, readonly string[]>> = {
  'server/src/platform/keys/make-key.ts': ['private_jwk'],
  // Pending first; `activateTotp` moves the envelope as it is.
  'server/src/features/auth/mfa/service.ts': ['security.two_factor.pending.secret', 'security.two_factor.totp.secret'],
  'server/src/features/system/clients/service.ts': ['exchange_secret'],
  'server/src/features/system/clients/legacy.ts': ['exchange_secret'],
  // Of two secrets the older is the envelope that was there.
  'server/src/features/system/webhooks/service.ts': ["webhooksCollection.name, 'secret'", 'previous_secret'],
};

test('what seals is known', () => {
  const sealing = listSourceFiles('server/src').filter((file) => /\.seal\(/.test(readFileSync(file, 'utf8')));
  expect(sealing.toSorted()).toEqual(Object.keys(SEALING).toSorted());
});

test('and is re-encrypted', () => {
  const places = readFileSync('server/src/sealed-places.ts', 'utf8');
  for (const field of Object.values(SEALING).flat()) expect(places).toContain(field);
});
