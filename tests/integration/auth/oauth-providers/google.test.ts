// Google: an issuer of OpenID Connect that does not speak for every address it tells, with a fake of it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFakeGoogle } from '../../../../scripts/fakes/oauth/oidc.ts';
import { build, comeBack, failureOf, signIn } from './harness.ts';

let google: Awaited<ReturnType<typeof startFakeGoogle>>;
beforeAll(async () => {
  google = await startFakeGoogle();
});
afterAll(() => google.close());

test('its own addresses are verified', async () => {
  expect(await signIn(build(google.config), 'lilei')).toEqual({
    subject: '110169484474386276334',
    email: 'lilei@gmail.com',
    emailVerified: true,
    name: '李雷',
    avatar: 'https://lh3.googleusercontent.com/lilei',
    ids: {},
  });
});

test('so are those of companies that it hosts', async () => {
  expect(await signIn(build(google.config), 'hanmeimei')).toMatchObject({
    email: 'meimei@corp.example.com',
    emailVerified: true,
    ids: { hosted_domain: 'corp.example.com' },
  });
});

test('others were verified once, and may be somebody else’s since', async () => {
  expect(await signIn(build(google.config), 'lucy')).toMatchObject({ email: 'lucy@example.com', emailVerified: false });
});

test('its ID tokens are checked like any other', async () => {
  google.lie('signature');
  expect(await failureOf(signIn(build(google.config), 'lilei'))).toMatchObject({ failure: 'refused' });
  google.lie(null);
  const { callback, request } = await comeBack(build(google.config), 'deny');
  expect(await failureOf(build(google.config).identify(callback, request))).toMatchObject({ failure: 'denied' });
});
