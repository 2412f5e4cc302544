// What a start says of a key management service that is of no use, and by what right each of them is asked.
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { startFakeAwsKms } from '../../../../scripts/fakes/kms/aws.ts';
import { startFakeGoogleKms } from '../../../../scripts/fakes/kms/google.ts';
import { explainStartError } from '../../../../server/src/start-error.ts';
import { captureLog } from '../../../support/log-lines.ts';
import { createTestClock, startTestServer } from '../../../support/server.ts';
import { type KmsFake, SERVICES, startKms, startWithKms } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'authcenter-kms-'));
afterAll(() => rmSync(folder, { recursive: true }));
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const begin = async (...of: Parameters<typeof startKms>) => {
  const started = await startKms(...of);
  open.push(started.kms);
  return started;
};

/** What the person reads who started the server; nothing secret is in it. */
async function readRefusal(kms: KmsFake, options: Parameters<typeof startWithKms>[1]): Promise<string> {
  const error: unknown = await startWithKms(kms, options).then(
    async (server) => {
      await server.close();
      return new Error('it started');
    },
    (reason: unknown) => reason,
  );
  const text = explainStartError(error, { env: {} });
  for (const [name, secret] of Object.entries({ ...kms.env, ...options?.env }))
    if (/TOKEN|SECRET/.test(name) && secret !== '') expect(text).not.toContain(secret);
  return text;
}

describe.each(SERVICES)('%s', (service) => {
  test.each([
    ['forbidden', /answered 40[03]: (permission denied|AccessDeniedException|PERMISSION_DENIED)/],
    ['error', /answered 50[03]: (Vault is sealed|KMSInternalException|UNAVAILABLE)/],
    ['silence', /did not answer within 1000 ms/],
    ['garbage', /an answer that cannot be read/],
  ] as const)('that answers with %s is told at the start', async (how, message) => {
    const { kms, clock } = await begin(service);
    kms.misbehave(how);
    const text = await readRefusal(kms, { clock });
    expect(text).toMatch(/^jwt\.kms cannot sign ES256 tokens with \S+: .*\.\nCorrect jwt\.kms /);
    expect(text).toMatch(message);
  });

  test('that is not there is told', async () => {
    const { kms, clock } = await startKms(service);
    await kms.close();
    // The credentials of Google went with it.
    const metadata = { GOOGLE_APPLICATION_CREDENTIALS: '', GCE_METADATA_HOST: new URL(kms.url).host };
    const env = service === 'gcp' ? metadata : {};
    expect(await readRefusal(kms, { clock, env })).toMatch(/could not be reached \(\w+\)/);
  });

  test('whose key is for another algorithm is told', async () => {
    const { kms, clock } = await begin(service, { algorithm: 'RS256' });
    expect(await readRefusal(kms, { clock })).toMatch(/is a key for another algorithm\.\n/);
  });

  test('whose new version is for another algorithm goes on with the old one', async () => {
    const { kms, clock } = await begin(service);
    const { log, text } = captureLog();
    const server = await startWithKms(kms, { clock, log });
    open.push(server);
    const user = await server.createUser();
    kms.rotate('RS256');
    expect((await server.deps.keyKeeper.run()).adopted).toBe(false);
    await server.signIn(user);
    expect(text()).toContain('is a key for another algorithm');
  });

  test('nothing secret is logged while it fails', async () => {
    const { kms, clock } = await begin(service);
    const capture = captureLog();
    const server = await startWithKms(kms, { clock, log: capture.log });
    open.push(server);
    const { email, password } = await server.createUser();
    kms.misbehave('error');
    await server.rest('POST', '/auth/login', { body: { email, password } });
    await server.deps.keyKeeper.run();
    const text = capture.text();
    expect(text).toContain('did not sign');
    for (const [name, secret] of Object.entries(kms.env))
      if (/TOKEN|SECRET/.test(name)) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/ya29\.|PRIVATE KEY|AWS4-HMAC|111122223333:user/);
  });
});

describe('by what right', () => {
  test.each([
    ['vault', { VAULT_TOKEN: 'hvs.another' }, /answered 403: permission denied/, 'token'],
    [
      'aws',
      { AWS_SECRET_ACCESS_KEY: 'another' },
      /answered 400: InvalidSignatureException/,
      'InvalidSignatureException',
    ],
    ['aws', { AWS_ACCESS_KEY_ID: 'AKIAANOTHER' }, /UnrecognizedClientException/, 'UnrecognizedClientException'],
    ['aws', { AWS_SESSION_TOKEN: '' }, /UnrecognizedClientException/, 'UnrecognizedClientException'],
  ] as const)('%s refuses %j', async (service, env, message, refusal) => {
    const { kms, clock } = await begin(service);
    expect(await readRefusal(kms, { clock, env })).toMatch(message);
    expect(kms.refusals).toContain(refusal);
  });

  test('Vault: the namespace is part of it', async () => {
    const { kms, clock } = await begin('vault');
    const elsewhere = { ...kms, config: { ...kms.config, namespace: 'team/other' } } as KmsFake;
    expect(await readRefusal(elsewhere, { clock })).toMatch(/answered 404: no handler for route/);
  });

  test('Vault: the token may stand in a file that an agent renews', async () => {
    const { kms, clock } = await begin('vault');
    const path = join(folder, 'token');
    writeFileSync(path, `${kms.env['VAULT_TOKEN']}\n`);
    const server = await startWithKms(kms, { clock, env: { VAULT_TOKEN: '', VAULT_TOKEN_FILE: path } });
    open.push(server);
    const { email, password } = await server.createUser();
    await server.signIn({ email, password });
    writeFileSync(path, 'hvs.expired');
    const { status } = await server.rest('POST', '/auth/login', { body: { email, password } });
    expect([status, kms.refusals.includes('token')]).toEqual([503, true]);
    writeFileSync(path, kms.env['VAULT_TOKEN'] ?? '');
    await server.signIn({ email, password });
  });

  test('AWS: a signature is good for its region and its time', async () => {
    const { kms, clock } = await begin('aws');
    const elsewhere = { ...kms, config: { ...kms.config, region: 'us-east-1' } } as KmsFake;
    expect(await readRefusal(elsewhere, { clock })).toMatch(/InvalidSignatureException/);
    const wrong = createTestClock();
    wrong.advance(6 * 60_000);
    expect(await readRefusal(kms, { clock: wrong })).toMatch(/InvalidSignatureException/);
  });

  test('AWS: a container has keys of its role, which are renewed', async () => {
    const clock = createTestClock();
    const aws = await startFakeAwsKms({ now: () => clock.now() });
    open.push(aws);
    const path = join(folder, 'pod-token');
    writeFileSync(path, `${aws.containerToken}\n`);
    const env = { ...aws.containerEnv, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: path };
    const server = await startTestServer({ clock, env, config: { jwt: { kms: aws.config } } });
    open.push(server);
    const user = await server.createUser();
    await Promise.all([server.signIn(user), server.signIn(user)]);
    expect(aws.grants()).toBe(1);
    clock.advance(6 * 3_600_000 - 59_000);
    await server.signIn(user);
    expect(aws.grants()).toBe(2);

    writeFileSync(path, 'another');
    const refused = startTestServer({ clock, env, config: { jwt: { kms: aws.config } } });
    await expect(refused).rejects.toThrow(/container credentials answered 403/);
  });

  test('Google: a token is asked for once, used while it lives, and renewed', async () => {
    const { kms, clock } = await begin('gcp');
    const google = kms as KmsFake & Awaited<ReturnType<typeof startFakeGoogleKms>>;
    const server = await startWithKms(kms, { clock });
    open.push(server);
    const user = await server.createUser();
    await Promise.all([server.signIn(user), server.signIn(user), server.signIn(user)]);
    expect(google.tokens.size).toBe(1);
    clock.advance(59 * 60_000);
    await Promise.all([server.signIn(user), server.signIn(user)]);
    expect(google.tokens.size).toBe(2);
    // Refused before its time.
    google.expireTokens();
    await server.signIn(user);
    expect(google.tokens.size).toBe(3);
  });

  test('Google: an assertion by another key is refused', async () => {
    const google = await startFakeGoogleKms();
    open.push(google);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const path = join(folder, 'account.json');
    const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(path, JSON.stringify({ ...google.serviceAccount, private_key }));
    const text = await readRefusal(google, { env: { GOOGLE_APPLICATION_CREDENTIALS: path } });
    expect(text).toMatch(/token service answered 400: invalid_grant/);
    expect(google.refusals).toEqual(['assertion']);
  });

  test('Google: without a file the machine vouches, by its metadata server', async () => {
    const google = await startFakeGoogleKms();
    open.push(google);
    const server = await startWithKms(google);
    open.push(server);
    await server.signIn(await server.createUser());
    expect([...google.signatures.values()][0]).toBeGreaterThan(0);
  });

  test('Google: a version that is named stays, whatever comes after it', async () => {
    const google = await startFakeGoogleKms();
    open.push(google);
    google.rotate();
    const key = `${google.config.key}/cryptoKeyVersions/1`;
    const server = await startTestServer({ env: google.env, config: { jwt: { kms: { ...google.config, key } } } });
    open.push(server);
    await server.signIn(await server.createUser());
    expect((await server.deps.keyKeeper.run()).adopted).toBe(false);
    expect([...google.signatures.keys()]).toEqual([key]);
  });
});
