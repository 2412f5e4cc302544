// Signing in at a fake AuthCenter, by every way that it knows.
import { describe, expect, test } from 'vitest';
import { catchError } from '../test-client.ts';
import { codeOf, password, rest, start } from './start-fake.ts';

describe('signing in', () => {
  test('by user name, e-mail and phone with the password, and by phone with the code from the outbox', async () => {
    const { fake, open } = start();
    for (const name of [{ username: 'li.lei' }, { email: 'li.lei@example.com' }, { phone: '138 0013 8000' }]) {
      const { auth } = open();
      await auth.login({ ...name, password });
      expect(auth.user).toMatchObject({ username: 'li.lei', roles: ['Editor'], phone: '+8613800138000' });
      expect(auth.can('knowledge:PUBLISH')).toBe(true);
    }
    const { api, auth } = open();
    await api.auth.otp.send.mutate({ phone: '13900139000', purpose: 'login' });
    const [message] = fake.outbox;
    expect(message).toMatchObject({ channel: 'sms', to: '+8613900139000', purpose: 'login' });
    expect(
      await codeOf(auth.login({ phone: '13900139000', code: message?.code === '000000' ? '000001' : '000000' })),
    ).toBe('INVALID_CODE');
    await auth.login({ phone: '13900139000', code: message?.code ?? '' });
    expect(auth.user?.username).toMatch(/^u_[a-z2-7]{10}$/);
  });

  test('registers, and refuses what is taken or weak', async () => {
    const { open } = start();
    const { auth } = open();
    const person = { username: 'new.one', email: 'new.one@example.com', password };
    expect(await auth.register(person)).toMatchObject({ status: 'ok', user: { roles: ['User'] } });
    expect(await codeOf(open().auth.register(person))).toBe('ALREADY_EXISTS');
    expect(await codeOf(open().auth.register({ ...person, username: 'other', email: 'li.lei@example.com' }))).toBe(
      'ALREADY_EXISTS',
    );
    expect(await codeOf(open().auth.register({ ...person, username: 'x' }))).toBe('VALIDATION_FAILED');
    expect(
      await codeOf(open().auth.register({ ...person, username: 'other', email: 'o@example.com', password: 'short' })),
    ).toBe('VALIDATION_FAILED');
  });

  test('asks for the link in the mail where it must be opened first', async () => {
    const { fake, open } = start({ emailVerification: 'required' });
    const { api, auth } = open();
    const person = { username: 'new.one', email: 'new.one@example.com', password };
    expect(await auth.register(person)).toEqual({ status: 'verification_required' });
    expect(await codeOf(auth.login({ username: 'new.one', password }))).toBe('EMAIL_NOT_VERIFIED');
    await api.auth.email.verify.mutate({ token: fake.outbox[0]?.token ?? '' });
    expect(await auth.login({ username: 'new.one', password })).toMatchObject({ status: 'ok' });
  });

  test('asks for a second factor, for a new password, and locks after five failures', async () => {
    const { fake, open } = start();
    const { api, auth } = open();
    const begun = await auth.login({ username: 'han.meimei', password });
    if (begun.status !== 'mfa_required') throw new Error(begun.status);
    expect(await codeOf(auth.verifyMfa({ mfa_token: begun.mfa_token, method: 'totp', code: '000000' }))).toBe(
      'INVALID_CODE',
    );
    expect(await auth.verifyMfa({ mfa_token: begun.mfa_token, method: 'totp', code: '123456' })).toMatchObject({
      status: 'ok',
    });

    const old = await auth.login({ username: 'old.hand', password });
    if (old.status !== 'password_change_required') throw new Error(old.status);
    await api.auth.password.reset.mutate({ change_token: old.change_token, new_password: 'a fresh horse battery' });
    expect(await auth.login({ username: 'old.hand', password: 'a fresh horse battery' })).toMatchObject({
      status: 'ok',
    });

    for (let failure = 0; failure < 5; failure++)
      expect(await codeOf(auth.login({ username: 'li.lei', password: 'wrong' }))).toBe('INVALID_CREDENTIALS');
    expect(await catchError(auth.login({ username: 'li.lei', password }))).toMatchObject({
      code: 'ACCOUNT_LOCKED',
      retryAfter: 1800,
    });
    fake.advance(30 * 60_000);
    expect(await auth.login({ username: 'li.lei', password })).toMatchObject({ status: 'ok' });
  });

  test('by a QR code that a phone confirms, and by a third party with PKCE', async () => {
    const { fake, open, signIn } = start();
    const [browser, phone] = [open(), await signIn()];
    const { qr_id, qr_secret, number } = await browser.api.auth.qr.create.mutate();
    const { numbers } = await phone.api.auth.qr.scan.mutate({ qr_id });
    expect(numbers).toContain(number);
    expect((await rest(fake, 'GET', `/auth/qr/${qr_id}`)).body).toEqual({ status: 'scanned' });
    await phone.api.auth.qr.confirm.mutate({ qr_id, number });
    expect(await browser.auth.claimQr({ qr_id, qr_secret })).toMatchObject({
      status: 'ok',
      user: { username: 'li.lei' },
    });

    const verifier = 'v'.repeat(43);
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    const { id } = fake.client('shop');
    const redirect_uri = 'https://shop.example.com/callback';
    const query = new URLSearchParams({
      client_id: id,
      redirect_uri,
      state: 's',
      code_challenge: Buffer.from(digest).toString('base64url'),
    });
    const { status, headers } = await rest(fake, 'GET', `/auth/oauth/wechat/authorize?${query}`);
    const back = new URL(headers.get('location') ?? '');
    expect([status, back.searchParams.get('state'), back.searchParams.get('iss')]).toEqual([302, 's', fake.url]);
    const grant = {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code'),
      redirect_uri,
      client_id: id,
    };
    expect(
      (await rest(fake, 'POST', '/auth/token', { body: { ...grant, code_verifier: 'w'.repeat(43) } })).body.code,
    ).toBe('INVALID_GRANT');
    const first = await rest(fake, 'POST', '/auth/token', { body: { ...grant, code_verifier: verifier } });
    expect(first.body).toMatchObject({ status: 'ok', user: { username: 'li.lei' } });
    expect((await rest(fake, 'POST', '/auth/token', { body: { ...grant, code_verifier: verifier } })).body.code).toBe(
      'INVALID_GRANT',
    );
    expect((await rest(fake, 'GET', '/auth/me', { token: first.body.access_token })).body.code).toBe('SESSION_REVOKED');
  });
});
