// Second factors at a fake AuthCenter, as an application's tests meet them.
import { describe, expect, test } from 'vitest';
import { computeTotp, findTotpStep, newTotpSecret, stepOf } from '../../../../client-sdk/src/testing/factors/totp.ts';
import { codeOf, password, people, start } from './start-fake.ts';

const DAY = 86_400_000;

describe('codes of an app', () => {
  // The seed of RFC 6238, appendix B, in base32, and the last six digits of what it lists.
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

  test.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ])('at %i s', async (seconds, code) => {
    const at = new Date(seconds * 1000);
    expect(await computeTotp(secret, stepOf(at))).toBe(code);
    expect(await findTotpStep(secret, code, at)).toBe(stepOf(at));
  });

  test('count a step before and after, and no further', async () => {
    const own = newTotpSecret();
    expect(own).toMatch(/^[A-Z2-7]{32}$/);
    const now = new Date();
    for (const [delta, found] of [
      [-2, null],
      [-1, stepOf(now) - 1],
      [1, stepOf(now) + 1],
      [2, null],
    ] as const)
      expect(await findTotpStep(own, await computeTotp(own, stepOf(now) + delta), now)).toBe(found);
  });
});

test('an app is enrolled, proven, and asked for at the next sign-in', async () => {
  const { fake, open, signIn } = start();
  const { api, auth } = await signIn();
  await expect(fake.appCode('li.lei')).rejects.toThrow('li.lei has no authenticator app');
  const { otpauth_url } = await api.auth.mfa.enroll.mutate({});
  expect(otpauth_url).toContain('AuthCenter:li.lei');
  const { backup_codes } = await auth.activateMfa({ code: await fake.appCode('li.lei') });
  expect(backup_codes).toHaveLength(10);

  const { auth: next } = open();
  const begun = await next.login({ username: 'li.lei', password });
  if (begun.status !== 'mfa_required') throw new Error(begun.status);
  const verify = async () =>
    next.verifyMfa({ mfa_token: begun.mfa_token, method: 'totp', code: await fake.appCode('li.lei') });
  expect(await codeOf(verify())).toBe('INVALID_CODE');
  fake.advance(30_000);
  expect(await verify()).toMatchObject({ status: 'ok' });
});

test('a code that does not change stays good, also for proving oneself again', async () => {
  const { fake, signIn } = start();
  const { auth } = await signIn('root');
  const { api } = await signIn('root');
  expect(await fake.appCode('han.meimei')).toBe('123456');
  for (let time = 0; time < 2; time++) {
    const begun = await auth.login({ username: 'han.meimei', password });
    if (begun.status !== 'mfa_required') throw new Error(begun.status);
    expect(begun.methods).toEqual(['totp']);
    await auth.verifyMfa({ mfa_token: begun.mfa_token, method: 'totp', code: '123456' });
    await auth.stepUp({ code: '123456' });
  }
  await api.users.mfa.reset.mutate({ id: fake.user('han.meimei').id });
  expect(await auth.login({ username: 'han.meimei', password })).toMatchObject({ status: 'ok' });
});

test('a passkey of a browser that has no authenticator: what a test answers in its place', async () => {
  const { fake, signIn, open } = start();
  const { api, auth } = await signIn();
  const answer = (type: string, challenge: string) => ({
    id: 'b3VycyE',
    rawId: 'b3VycyE',
    type: 'public-key' as const,
    clientExtensionResults: {},
    clientDataJSON: btoa(JSON.stringify({ type, challenge, origin: fake.url })).replaceAll(/=+$/g, ''),
  });
  const made = answer('webauthn.create', (await api.auth.passkeys.registerOptions.mutate()).challenge);
  const { clientDataJSON, ...created } = made;
  await auth.addPasskey({ attestation: { ...created, response: { clientDataJSON, attestationObject: 'AA' } } });
  const { auth: next, api: asked } = open();
  const { clientDataJSON: signed, ...got } = answer(
    'webauthn.get',
    (await asked.auth.passkeys.loginOptions.mutate()).challenge,
  );
  const response = { clientDataJSON: signed, authenticatorData: 'AA', signature: 'AA' };
  expect(await next.login({ assertion: { ...got, response } })).toMatchObject({ user: { username: 'li.lei' } });
  expect(await codeOf(next.login({ assertion: { ...got, response } }))).toBe('INVALID_CREDENTIALS');
});

test('a role that demands a factor, from the settings', async () => {
  const { fake, open } = start({ ...people, settings: { 'security.mfa_required_roles': ['Editor'] } });
  const { api, auth } = open();
  const begun = await auth.login({ username: 'li.lei', password });
  if (begun.status !== 'mfa_setup_required') throw new Error(begun.status);
  const { setup_token } = begun;
  await api.auth.mfa.enroll.mutate({ setup_token });
  const done = await auth.activateMfa({ setup_token, code: await fake.appCode('li.lei') });
  expect(done).toMatchObject({ status: 'ok', user: { username: 'li.lei' } });
});

test('a number that was not used for long opens nothing by itself', async () => {
  const { fake, open } = start();
  fake.advance(90 * DAY + 1_000);
  const { api, auth } = open();
  await api.auth.otp.send.mutate({ phone: '13800138000', purpose: 'login' });
  const begun = await auth.login({ phone: '13800138000', code: fake.outbox[0]?.code ?? '' });
  if (begun.status !== 'mfa_required') throw new Error(begun.status);
  expect([begun.methods, fake.outbox[0]?.purpose]).toEqual([['email', 'new_account'], 'confirm']);
  const { mfa_token } = begun;
  expect(await auth.verifyMfa({ mfa_token, method: 'new_account' })).toMatchObject({
    user: { phone: '+8613800138000', email: null },
  });
  expect(fake.user('li.lei').phone).toBeNull();
});
