// The three fakes of key management services under one roof: what holds for one holds for all.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakeAwsKms } from '../../../../scripts/fakes/kms/aws.ts';
import type { FakeKms, FakeKmsOptions } from '../../../../scripts/fakes/kms/fake.ts';
import { startFakeGoogleKms } from '../../../../scripts/fakes/kms/google.ts';
import { startFakeVault } from '../../../../scripts/fakes/kms/vault.ts';
import type { RawConfig } from '../../../../server/src/config.ts';
import { createTestClock, startTestServer, type TestServer, type TestServerOptions } from '../../../support/server.ts';

export type KmsFake = FakeKms<NonNullable<NonNullable<RawConfig['jwt']>['kms']>>;

export const SERVICES = ['vault', 'aws', 'gcp'] as const;
export type Service = (typeof SERVICES)[number];

/** Its clock is the test's. */
export async function startKms(
  service: Service,
  options: Omit<FakeKmsOptions, 'now'> = {},
): Promise<{ kms: KmsFake; clock: ReturnType<typeof createTestClock> }> {
  const clock = createTestClock();
  const timed = { ...options, now: () => clock.now() };
  if (service === 'vault') return { kms: await startFakeVault(timed), clock };
  if (service === 'aws') return { kms: await startFakeAwsKms(timed), clock };
  const google = await startFakeGoogleKms(timed);
  const folder = mkdtempSync(join(tmpdir(), 'authcenter-gcp-'));
  const path = join(folder, 'account.json');
  writeFileSync(path, JSON.stringify(google.serviceAccount));
  const close = async () => {
    await google.close();
    rmSync(folder, { recursive: true });
  };
  return { kms: { ...google, env: { GOOGLE_APPLICATION_CREDENTIALS: path }, close }, clock };
}

export const startWithKms = (
  kms: KmsFake,
  { config = {}, env = {}, ...options }: TestServerOptions = {},
): Promise<TestServer> =>
  startTestServer({
    ...options,
    config: { ...config, jwt: { ...config.jwt, kms: kms.config } },
    env: { ...kms.env, ...env },
  });
