// What tests say to a fake AuthCenter: answers of their own, and what goes wrong on purpose.
import { describe, expect, test } from 'vitest';
import { AuthCenterError, createAuthCenter } from '../../../../client-sdk/src/index.ts';
import { catchError } from '../test-client.ts';
import { codeOf, password, start } from './start-fake.ts';

describe('what tests say themselves', () => {
  test('a procedure is answered in the fake’s place, until that is taken back', async () => {
    const { fake, signIn } = start();
    const { api } = await signIn();
    const stop = fake.on('auth.mfa.enroll', (_input, caller) => ({
      method: 'totp',
      secret: caller?.kind === 'user' ? caller.username : '',
      otpauth_url: 'otpauth://totp/x',
      expires_in: 600,
    }));
    expect((await api.auth.mfa.enroll.mutate()).secret).toBe('li.lei');
    stop();
    expect((await api.auth.mfa.enroll.mutate()).secret).toMatch(/^[A-Z2-7]{32}$/);
  });

  test('its own answer may be asked for, errors thrown, and what the contract does not allow is told', async () => {
    const { fake, signIn } = start();
    const { api } = await signIn('root');
    fake.on('users.get', async (input, _caller, next) => ({ ...(await next(input)), username: 'changed' }));
    expect((await api.users.get.query({ id: fake.user('li.lei').id })).username).toBe('changed');
    fake.on('users.get', () => {
      throw new AuthCenterError({ code: 'IN_USE' });
    });
    expect(await catchError(api.users.get.query({ id: fake.user('li.lei').id }))).toMatchObject({
      code: 'IN_USE',
      status: 409,
    });
    fake.on('rbac.check', () => ({ allowed: 'yes' }) as never);
    expect(String(await catchError(api.rbac.check.query({ permission: 'SEARCH' })))).toContain(
      'not what the contract allows: allowed',
    );
  });

  test('wrong input and missing rights fail before anything is answered', async () => {
    const { fake, open } = start();
    fake.on('auth.contact.bind', () => expect.unreachable());
    const { api } = open();
    expect(await codeOf(api.auth.contact.bind.mutate({ email: 'a@example.com', code: '123456' }))).toBe(
      'UNAUTHENTICATED',
    );
    expect(await catchError(api.auth.otp.send.mutate({ phone: '1', purpose: 'login' }))).toMatchObject({
      code: 'VALIDATION_FAILED',
      issues: [{ path: 'phone', message: expect.any(String) }],
    });
  });
});

describe('what goes wrong on purpose', () => {
  test('refusals, so often, with what they say', async () => {
    const { fake, signIn } = start();
    const { api } = await signIn();
    fake.fail('auth.me', 'RATE_LIMITED', { times: 2, retryAfter: 7 });
    for (let time = 0; time < 2; time++)
      expect(await catchError(api.auth.me.query())).toMatchObject({ code: 'RATE_LIMITED', status: 429, retryAfter: 7 });
    expect((await api.auth.me.query()).username).toBe('li.lei');
    fake.fail('*', 'NETWORK_ERROR');
    expect(await codeOf(api.auth.me.query())).toBe('NETWORK_ERROR');
  });

  test('lost answers: what was asked has been done', async () => {
    const { fake, signIn } = start();
    const { api, auth } = await signIn();
    fake.loseAnswers('auth.logoutAll');
    expect(await codeOf(api.auth.logoutAll.mutate())).toBe('NETWORK_ERROR');
    expect(await codeOf(api.auth.me.query())).toBe('SESSION_REVOKED');
    expect(auth.user).toBeNull();
  });

  test('answers that are late, and answers that are held', async () => {
    const { fake, signIn } = start();
    const { api } = await signIn();
    fake.delay('auth.me', 60, 1);
    const begun = performance.now();
    await api.auth.me.query();
    expect(performance.now() - begun).toBeGreaterThan(50);
    const held = fake.hold('auth.me');
    const answer = api.auth.me.query();
    await held.reached;
    expect(await Promise.race([answer, 'held'])).toBe('held');
    held.release();
    expect((await answer).username).toBe('li.lei');
  });

  test('on a real port a lost answer is a connection that is cut', async () => {
    const { fake } = start();
    const { url, close } = await fake.listen();
    expect(fake.url).toBe(url);
    const { api, auth } = createAuthCenter({ url, retryFor: 0 });
    await auth.login({ username: 'li.lei', password });
    expect((await api.auth.me.query()).roles).toEqual(['Editor']);
    expect(((await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: unknown[] }).keys).toHaveLength(1);
    fake.loseAnswers('auth.me');
    expect(await codeOf(api.auth.me.query())).toBe('NETWORK_ERROR');
    await close();
  });
});
