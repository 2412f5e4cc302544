// A change of the key-encryption key: everything sealed before is sealed anew, while people go on enrolling.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEnvelope } from '../../../server/src/platform/keys/envelope.ts';
import { createSigningKeysRepository } from '../../../server/src/platform/keys/repository.ts';
import { rewrap } from '../../../server/src/platform/keys/rewrap.ts';
import { listSealedPlaces } from '../../../server/src/sealed-places.ts';
import { beginSignIn, createHolder, enrollApp, type Holder, nextCode, readApp } from '../../support/second-factors.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';
import { manageKeys } from '../../support/signing-key.ts';

let old: TestServer;
let renewed: TestServer;
let newKey: string;

beforeEach(async () => {
  old = await startTestServer();
  newKey = randomBytes(32).toString('base64');
  renewed = await startRenewed();
});
afterEach(async () => {
  await renewed.close();
  await old.close();
});

/** An instance that has the new key, and the old one as the previous. */
const startRenewed = (previous: Record<string, string> = { KEY_ENCRYPTION_KEY_PREVIOUS: old.keyEncryptionKey }) =>
  startTestServer({ sharedWith: old, env: { KEY_ENCRYPTION_KEY: newKey, ...previous } });

/** The command, with both keys. */
const keys = () => manageKeys({ ...old, keyEncryptionKey: newKey }, old.keyEncryptionKey);

const verifyFactor = async (server: TestServer, holder: Holder) => {
  const { mfa_token } = await beginSignIn(server, holder);
  return server.rest('POST', '/auth/mfa/verify', {
    body: { mfa_token, method: 'totp', code: nextCode(server, holder.app.secret) },
  });
};

test('everything is sealed under the new key, and nothing is needed of the old one', async () => {
  const holder = await createHolder(old);
  const pending = await old.createUser();
  const { secret } = (await old.rest('POST', '/auth/mfa/enroll', { token: (await old.signIn(pending)).access })).body;
  const tokens = await old.signIn(pending);
  const admin = (await old.signIn(await old.createUser([{ name: 'Admin' }]))).access;
  const exchange_secret = randomBytes(32).toString('base64');
  const client = { name: 'Chat', kind: 'service', scopes: [], exchange_secret };
  expect((await old.rest('POST', '/clients', { token: admin, body: client })).status).toBe(201);

  const results = await keys().rewrap();
  expect(results).toEqual([
    { place: 'signing_keys.private_jwk', resealed: 2, current: 0, changed: 0, unreadable: 0 },
    { place: 'users.security.two_factor.totp.secret', resealed: 1, current: 0, changed: 0, unreadable: 0 },
    { place: 'users.security.two_factor.pending.secret', resealed: 1, current: 0, changed: 0, unreadable: 0 },
    { place: 'clients.exchange_secret', resealed: 1, current: 0, changed: 0, unreadable: 0 },
    { place: 'webhooks.secret', resealed: 0, current: 0, changed: 0, unreadable: 0 },
    { place: 'webhooks.previous_secret', resealed: 0, current: 0, changed: 0, unreadable: 0 },
  ]);
  // What is done stays done.
  expect((await keys().rewrap()).map(({ resealed, current }) => [resealed, current])).toEqual([
    [0, 2],
    [0, 1],
    [0, 1],
    [0, 1],
    [0, 0],
    [0, 0],
  ]);

  const last = await startRenewed({});
  try {
    expect((await last.rest('GET', '/auth/me', { token: tokens.access })).status).toBe(200);
    expect((await verifyFactor(last, holder)).status).toBe(200);
    const code = readApp(last.clock, secret);
    const { status } = await last.rest('POST', '/auth/mfa/activate', { token: tokens.access, body: { code } });
    expect(status).toBe(200);
    expect((await last.rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } })).status).toBe(200);
  } finally {
    await last.close();
  }
});

test('an instance that has only the old key goes on with what it has read', async () => {
  const tokens = await old.signIn(await old.createUser());
  await keys().rewrap();
  await old.deps.keys.reload();
  expect((await old.rest('GET', '/auth/me', { token: tokens.access })).status).toBe(200);
  expect((await old.rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } })).status).toBe(200);
});

test('a key that another instance sealed under the new key does not stop the old instance from signing', async () => {
  const user = await old.createUser();
  await keys().rotate({ uses: ['access', 'refresh'], immediately: true });
  await Promise.all([old.deps.keys.reload(), renewed.deps.keys.reload()]);
  const tokens = await old.signIn(user);
  expect((await renewed.rest('GET', '/auth/me', { token: tokens.access })).status).toBe(200);
  expect((await renewed.rest('POST', '/auth/refresh', { body: { refresh_token: tokens.refresh } })).status).toBe(200);
  const fresh = await renewed.signIn(user);
  expect((await old.rest('GET', '/auth/me', { token: fresh.access })).status).toBe(200);
});

/** A change that met the other half way is asked for again, as a person would. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < 20; tries++) {
    const result = await work().catch(() => null);
    if (result !== null) return result;
  }
  throw new Error('refused each time');
}

test('people who prove an app or exchange it meanwhile lose nothing', async () => {
  const holders: Holder[] = [];
  for (let index = 0; index < 4; index++) holders.push(await createHolder(old));
  const pending = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const user = await old.createUser();
      const tokens = await old.signIn(user);
      const { body } = await old.rest('POST', '/auth/mfa/enroll', { token: tokens.access });
      return { user, tokens, secret: String(body.secret) };
    }),
  );
  const proven = pending.map(({ user, tokens, secret }) =>
    persist(async (): Promise<Holder> => {
      const code = readApp(renewed.clock, secret);
      const answer = await renewed.rest('POST', '/auth/mfa/activate', { token: tokens.access, body: { code } });
      if (answer.status !== 200) throw new Error(answer.body.code);
      return { ...user, tokens, app: { secret, backupCodes: [] } };
    }),
  );
  const exchanged = holders
    .slice(2)
    .map((holder) =>
      persist(async (): Promise<Holder> => ({ ...holder, app: await enrollApp(renewed, holder.tokens.access) })),
    );
  const rewrapping = (async () => {
    for (let round = 0; round < 10; round++) await keys().rewrap();
  })();
  const everybody = [...holders.slice(0, 2), ...(await Promise.all(exchanged)), ...(await Promise.all(proven))];
  await rewrapping;
  const left = await keys().rewrap();
  expect(left.every(({ resealed, changed, unreadable }) => resealed + changed + unreadable === 0)).toBe(true);
  const last = await startRenewed({});
  try {
    for (const holder of everybody) expect((await verifyFactor(last, holder)).status).toBe(200);
  } finally {
    await last.close();
  }
});

test('a value that changed between reading and writing stays as it was changed', async () => {
  const holder = await createHolder(old);
  const envelope = createEnvelope(Buffer.from(newKey, 'base64'), Buffer.from(old.keyEncryptionKey, 'base64'));
  const places = listSealedPlaces(old.deps.database, createSigningKeysRepository(old.deps.database));
  const other = await envelope.seal(Buffer.from('somebody enrolled anew'));
  const results = await rewrap(
    envelope,
    places.map((place) => ({
      ...place,
      // The change comes at the worst moment.
      async replace(id, before, after) {
        if (place.name.endsWith('totp.secret'))
          await old.deps.users.update(holder.id, {}, { $set: { 'security.two_factor.totp.secret': other } });
        return place.replace(id, before, after);
      },
    })),
  );
  expect(results[1]).toMatchObject({ resealed: 0, changed: 1 });
  expect((await old.deps.users.findById(holder.id))?.security.two_factor?.totp?.secret).toBe(other);
});

test('what neither key opens is counted and left as it is', async () => {
  const holder = await createHolder(old);
  const lost = await createEnvelope(randomBytes(32)).seal(Buffer.from('x'));
  await old.deps.users.update(holder.id, {}, { $set: { 'security.two_factor.totp.secret': lost } });
  expect((await keys().rewrap())[1]).toMatchObject({ resealed: 0, unreadable: 1 });
  expect((await old.deps.users.findById(holder.id))?.security.two_factor?.totp?.secret).toBe(lost);
});

test('more users than one page are all gone through', async () => {
  const envelope = createEnvelope(Buffer.from(old.keyEncryptionKey, 'base64'));
  const document = await old.deps.users.findById((await old.createUser()).id);
  if (!document) throw new Error('the user is gone');
  const totp = { secret: await envelope.seal(Buffer.from('x')), activated_at: new Date(), last_step: 0 };
  const { email: _, ...copied } = document;
  const copies = Array.from({ length: 1_100 }, (_entry, index) => {
    const { _id, ...rest } = { ...copied, username: `copy_${index}` };
    return index % 3 === 0
      ? { ...rest, security: { ...rest.security, two_factor: { totp, backup_codes: [], passkeys: 0 } } }
      : rest;
  });
  await old.deps.database.db.collection('users').insertMany(copies);
  expect((await keys().rewrap())[1]).toMatchObject({ resealed: 367, unreadable: 0 });
});
