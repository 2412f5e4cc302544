// Attacks on signing in by a third party: each must leave the attacker with nothing, and the victim where they were.
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeOidc } from '../../scripts/fakes/oauth/oidc.ts';
import { openBrowser, type RedirectApp, readReturn, registerApp, visitProvider } from '../support/browser-session.ts';
import { requestAsHost } from '../support/foreign-host.ts';
import { enrollApp } from '../support/second-factors.ts';
import { createTestClock, type RestAnswer, startTestServer, type TestServer } from '../support/server.ts';

const clock = createTestClock();
let honest: Awaited<ReturnType<typeof startFakeOidc>>;
let evil: Awaited<ReturnType<typeof startFakeOidc>>;
let server: TestServer;
let app: RedirectApp;
beforeAll(async () => {
  honest = await startFakeOidc({ now: clock.now });
  evil = await startFakeOidc({ now: clock.now });
  server = await startTestServer({
    clock,
    config: { oauth: { providers: { honest: honest.config, evil: evil.config } } },
  });
  app = await registerApp(server);
});
afterAll(async () => {
  await server.close();
  await honest.close();
  await evil.close();
});

const codeOf = ({ status, body }: Pick<RestAnswer, 'status' | 'body'>) => [status, body?.code];
const getCode = async (person = 'lilei', by: RedirectApp = app): Promise<string> =>
  readReturn(await visitProvider(openBrowser(server), by.authorizeUrl('honest'), person)).code;

/** A callback of a sign-in that was begun and allowed, not yet called. */
async function beginSignIn(browser = openBrowser(server), provider = 'honest') {
  const start = await browser.go(app.authorizeUrl(provider));
  const target = new URL(start.location);
  target.searchParams.set('as', 'lilei');
  return { browser, callback: (await browser.go(target.href)).location };
}

describe('login CSRF: a victim’s browser finishes what the attacker began', () => {
  test('the attacker’s callback is nothing in another browser, with or without a sign-in of its own', async () => {
    const { callback } = await beginSignIn();
    const victim = openBrowser(server);
    expect((await victim.go(callback)).status).toBe(401);
    await victim.go(app.authorizeUrl('honest'));
    const refused = await victim.go(callback);
    expect([refused.status, refused.location]).toEqual([401, '']);
    expect(refused.text).toContain('begin again');
  });

  test('a cookie that was made up binds nothing', async () => {
    const { callback } = await beginSignIn();
    for (const value of ['', 'x', 'A'.repeat(43), randomBytes(32).toString('base64url')]) {
      const headers = { cookie: `__Host-ac_browser=${value}` };
      expect((await openBrowser(server).go(callback, { headers })).status).toBe(401);
    }
  });

  test('the cookie is out of reach of scripts and of other sites', async () => {
    const { headers } = await openBrowser(server).go(app.authorizeUrl('honest'));
    const [cookie] = headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-ac_browser=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  });
});

describe('the state', () => {
  test('is good once, also when it is used twice at once', async () => {
    const { browser, callback } = await beginSignIn();
    const visits = await Promise.all(Array.from({ length: 8 }, () => browser.go(callback)));
    expect(visits.filter(({ status }) => status === 302)).toHaveLength(1);
    expect(visits.filter(({ status }) => status === 401)).toHaveLength(7);
  });

  test('lapses after ten minutes', async () => {
    const { browser, callback } = await beginSignIn();
    server.clock.advance(10 * 60_000 + 1_000);
    expect((await browser.go(callback)).status).toBe(401);
  });

  test('of another provider, tampered with, or missing is nobody’s', async () => {
    const { browser, callback } = await beginSignIn();
    const url = new URL(callback);
    const change = (edit: (copy: URL) => void) => {
      const copy = new URL(url);
      edit(copy);
      return copy.href;
    };
    for (const altered of [
      change((copy) => copy.searchParams.delete('state')),
      change((copy) => copy.searchParams.set('state', `${url.searchParams.get('state')}0`)),
      change((copy) => copy.searchParams.set('state', 'a'.repeat(64))),
      callback.replace('/honest/', '/evil/'),
    ])
      expect((await browser.go(altered)).status).toBe(401);
  });

  test('and its verifier are stored as hashes alone', async () => {
    const { callback } = await beginSignIn();
    const stored = JSON.stringify(await server.deps.database.db.collection('oauth_states').find().toArray());
    expect(stored).not.toContain(new URL(callback).searchParams.get('state'));
  });
});

describe('mix-up: an answer of one provider for another', () => {
  test('a code of the evil one at the honest one’s callback is refused there', async () => {
    const browser = openBrowser(server);
    const { callback } = await beginSignIn(browser);
    const evilCode = new URL((await beginSignIn(browser, 'evil')).callback).searchParams.get('code') ?? '';
    const mixed = new URL(callback);
    mixed.searchParams.set('code', evilCode);
    expect(readReturn(await browser.go(mixed.href))).toMatchObject({ error: 'server_error' });
  });

  test('an answer that names another issuer, or none, is refused before the code is sent anywhere', async () => {
    for (const lie of ['foreign_iss', 'no_iss'] as const) {
      honest.lie(lie);
      const asked = honest.calls('/token');
      const { browser, callback } = await beginSignIn();
      expect(readReturn(await browser.go(callback)).error).toBe('server_error');
      expect(honest.calls('/token')).toBe(asked);
    }
    honest.lie(null);
  });
});

describe('the code that an application exchanges', () => {
  test('is good once; a second use ends what the first one opened', async () => {
    const code = await getCode();
    const first = await app.exchange(code);
    expect(first.body.status).toBe('ok');
    expect(codeOf(await app.exchange(code))).toEqual([400, 'INVALID_GRANT']);
    expect((await server.rest('GET', '/auth/me', { token: first.body.access_token })).body.code).toBe(
      'SESSION_REVOKED',
    );
    expect(
      (await server.rest('POST', '/auth/refresh', { body: { refresh_token: first.body.refresh_token } })).status,
    ).toBe(401);
  });

  test('is void once the person signs out everywhere, unlinks the provider, or has another password', async () => {
    const person = async () => {
      const code = await getCode('hanmeimei');
      const { body } = await app.exchange(await getCode('hanmeimei'));
      return { code, token: body.access_token, id: body.user.id };
    };
    const leaver = await person();
    expect((await server.rest('POST', '/auth/logout-all', { token: leaver.token })).status).toBe(204);
    expect(codeOf(await app.exchange(leaver.code))).toEqual([400, 'INVALID_GRANT']);

    const changer = await person();
    const body = { new_password: 'another horse battery' };
    expect((await server.rest('POST', '/auth/password/change', { token: changer.token, body })).status).toBe(204);
    expect(codeOf(await app.exchange(changer.code))).toEqual([400, 'INVALID_GRANT']);

    const unlinker = await person();
    await server.deps.users.update(unlinker.id, {}, { $set: { phone: '+8613712345678', phone_verified: true } });
    const unlinked = await server.rest('DELETE', '/auth/oauth/honest/link', { token: unlinker.token });
    expect(unlinked.status).toBe(204);
    expect(codeOf(await app.exchange(unlinker.code))).toEqual([400, 'INVALID_GRANT']);
  });

  test('used again ends also what had to show more first, and so does its application’s removal', async () => {
    const { body } = await app.exchange(await getCode('lilei'));
    await enrollApp(server, body.access_token);
    const code = await getCode('lilei');
    const waiting = await app.exchange(code);
    expect(waiting.body.status).toBe('mfa_required');
    await app.exchange(code);
    const finish = (mfa_token: string) =>
      server.rest('POST', '/auth/mfa/verify', { body: { mfa_token, method: 'totp', code: '000000' } });
    expect((await finish(waiting.body.mfa_token)).body.detail).toContain('begin again');

    const removed = await registerApp(server);
    const { body: begun } = await removed.exchange(await getCode('lilei', removed));
    const { access: token } = await server.signIn(await server.createUser([{ name: 'Admin' }]));
    expect((await server.rest('DELETE', `/clients/${removed.clientId}`, { token })).status).toBe(204);
    expect((await finish(begun.mfa_token)).body.detail).toContain('begin again');
    await server.deps.users.update(body.user.id, {}, { $unset: { 'security.two_factor': '' } });
  });

  test('used twice at once opens at most one session, and that does not stand', async () => {
    const code = await getCode();
    const answers = await Promise.all(Array.from({ length: 6 }, () => app.exchange(code)));
    const opened = answers.filter(({ status }) => status === 200);
    expect(opened.length).toBeLessThanOrEqual(1);
    for (const { body } of opened)
      expect((await server.rest('GET', '/auth/me', { token: body.access_token })).body.code).toBe('SESSION_REVOKED');
    expect(answers.filter(({ status }) => status !== 200).every(({ body }) => body.error === 'invalid_grant')).toBe(
      true,
    );
  });

  test('is nothing without its verifier, and stays good for who has it', async () => {
    const code = await getCode();
    for (const code_verifier of [undefined, 'x'.repeat(43), app.challenge])
      expect((await app.exchange(code, { code_verifier })).status).toBe(400);
    expect((await app.exchange(code)).status).toBe(200);
  });

  test('is nothing to another application, or for another address', async () => {
    const code = await getCode();
    const thief = await registerApp(server);
    expect(codeOf(await app.exchange(code, { client_id: thief.clientId }))).toEqual([400, 'INVALID_GRANT']);
    expect(codeOf(await thief.exchange(code, { code_verifier: app.verifier, redirect_uri: app.redirectUri }))).toEqual([
      400,
      'INVALID_GRANT',
    ]);
    expect(codeOf(await app.exchange(code, { redirect_uri: `${app.redirectUri}/` }))).toEqual([400, 'INVALID_GRANT']);
    expect((await app.exchange(code)).status).toBe(200);
  });

  test('lapses after a minute', async () => {
    const code = await getCode();
    server.clock.advance(60_000);
    expect(codeOf(await app.exchange(code))).toEqual([400, 'INVALID_GRANT']);
  });

  test('goes with the secret of a client that keeps one, and with none of a client that keeps none', async () => {
    const web = await registerApp(server, 'web');
    const code = await getCode('lilei', web);
    for (const changes of [
      { client_secret: undefined },
      { client_secret: 'wrong' },
      { client_id: 'f'.repeat(24) },
      { client_id: 'x' },
    ]) {
      const refused = await web.exchange(code, changes);
      expect(codeOf(refused)).toEqual([401, 'INVALID_CLIENT']);
      expect([refused.body.error, refused.headers.get('www-authenticate')]).toEqual([
        'invalid_client',
        'Basic realm="authcenter"',
      ]);
    }
    const basic = Buffer.from(`${web.clientId}:${web.clientSecret}`).toString('base64');
    const both = await server.rest('POST', '/auth/token', {
      body: {
        grant_type: 'authorization_code',
        code,
        code_verifier: web.verifier,
        redirect_uri: web.redirectUri,
        client_secret: web.clientSecret,
      },
      headers: { authorization: `Basic ${basic}` },
    });
    expect(codeOf(both)).toEqual([400, 'VALIDATION_FAILED']);
    const good = await server.rest('POST', '/auth/token', {
      body: { grant_type: 'authorization_code', code, code_verifier: web.verifier, redirect_uri: web.redirectUri },
      headers: { authorization: `Basic ${basic}` },
    });
    expect(good.body.status).toBe('ok');
    expect(codeOf(await app.exchange(await getCode(), { client_secret: 'anything' }))).toEqual([401, 'INVALID_CLIENT']);
  });

  test('is taken from a form as well, as OAuth’s clients send it; a field that stands there twice is refused', async () => {
    const send = (body: URLSearchParams | string) =>
      fetch(`${server.url}/api/v1/auth/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: String(body),
      });
    const fields = new URLSearchParams({
      grant_type: 'authorization_code',
      code: await getCode(),
      code_verifier: app.verifier,
      redirect_uri: app.redirectUri,
      client_id: app.clientId,
    });
    expect((await send(`${fields}&code=other`)).status).toBe(400);
    const good = await send(fields);
    expect([good.status, ((await good.json()) as { status: string }).status]).toEqual([200, 'ok']);
  });

  test('other grants are none', async () => {
    for (const grant_type of ['password', 'implicit', 'refresh_token', '__proto__']) {
      const { status, body } = await server.rest('POST', '/auth/token', { body: { grant_type } });
      expect([status, body.error]).toEqual([400, 'unsupported_grant_type']);
    }
  });
});

describe('open redirects', () => {
  test('nobody is sent to an address that is not registered, to the letter', async () => {
    const { redirectUri } = app;
    for (const redirect_uri of [
      'https://evil.example/callback',
      `${redirectUri}/../evil`,
      `${redirectUri}?x=1`,
      `${redirectUri}#x`,
      redirectUri.replace('https:', 'http:'),
      redirectUri.replace('.com', '.com.evil.example'),
      redirectUri.replace('//', '//evil@'),
      'javascript:alert(1)',
      '//evil.example',
    ]) {
      const visit = await openBrowser(server).go(app.authorizeUrl('honest', { redirect_uri }), {
        headers: { accept: 'application/json' },
      });
      expect([redirect_uri, visit.status, visit.location]).toEqual([redirect_uri, 400, '']);
    }
  });

  test('an unknown client or provider sends nobody anywhere', async () => {
    for (const path of [app.authorizeUrl('honest', { client_id: 'f'.repeat(24) }), app.authorizeUrl('nowhere')]) {
      const visit = await openBrowser(server).go(path, { headers: { accept: 'application/json' } });
      expect([401, 404]).toContain(visit.status);
      expect(visit.location).toBe('');
    }
  });

  test('the address given to the provider is the configured one, whatever the Host header says', async () => {
    const answer = await requestAsHost(server, 'evil.example', 'GET', app.authorizeUrl('honest'));
    expect(answer.status).toBe(302);
    expect(answer.body).not.toContain('evil.example');
  });

  test('a challenge is demanded, and only S256', async () => {
    const plain = createHash('sha256').update('x').digest('hex');
    for (const changes of [
      { code_challenge: '' },
      { code_challenge: plain },
      { code_challenge_method: 'plain' },
      { response_type: 'token' },
    ]) {
      const visit = await openBrowser(server).go(app.authorizeUrl('honest', changes), {
        headers: { accept: 'application/json' },
      });
      expect([visit.status, visit.location]).toEqual([400, '']);
    }
  });
});

test('what goes wrong is a page without script for a browser, a problem for a program, and names nothing that was sent', async () => {
  const path = '/api/v1/auth/oauth/honest/callback?state=%3Cscript%3Ealert(1)%3C/script%3E&code=secret-code';
  const page = await openBrowser(server).go(path);
  expect([page.status, page.headers.get('content-type')]).toEqual([401, 'text/html; charset=utf-8']);
  expect(page.text).not.toMatch(/<script|secret-code/);
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
  const problem = await openBrowser(server).go(path, { headers: { accept: 'application/json' } });
  expect(JSON.parse(problem.text)).toMatchObject({ code: 'INVALID_CODE', status: 401 });
});
