// Applications: made known, changed, given new secrets, removed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeOidc } from '../../../scripts/fakes/oauth/oidc.ts';
import { openBrowser, readReturn, registerApp, visitProvider } from '../../support/browser-session.ts';
import { type Answer, createTestClock, startTestServer, type TestServer } from '../../support/server.ts';

const clock = createTestClock();
let oidc: Awaited<ReturnType<typeof startFakeOidc>>;
let server: TestServer;
let admin: string;
beforeAll(async () => {
  oidc = await startFakeOidc({ now: clock.now });
  server = await startTestServer({ clock, config: { oauth: { providers: { oidc: oidc.config } } } });
  admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
});
afterAll(async () => {
  await server.close();
  await oidc.close();
});

const send = (method: string, path: string, body?: unknown) =>
  server.rest(method, `/clients${path}`, { token: admin, body });
const web = { name: '报销系统', kind: 'web', redirect_uris: ['https://app.example.com/callback'] };
const create = async (fields: object = {}): Promise<Answer> => (await send('POST', '', { ...web, ...fields })).body;

describe('a new client', () => {
  test('is shown its secret once; of it only a hash is kept', async () => {
    const { status, body } = await send('POST', '', { ...web, scopes: ['users:read'] });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      client_id: expect.stringMatching(/^[0-9a-f]{24}$/),
      client_secret: expect.stringMatching(/^acs_[\w-]{43}$/),
      client: { ...web, scopes: ['users:read'], version: 1, secrets: [{ expires_at: null }] },
    });
    const read = await send('GET', `/${body.client_id}`);
    expect(read.body).toEqual(body.client);
    const stored = JSON.stringify(await server.deps.database.db.collection('clients').find().toArray());
    expect(stored).not.toContain(body.client_secret);
    const audit = JSON.stringify(await server.deps.database.db.collection('audit_logs').find().toArray());
    expect(audit).toContain('system.client_created');
    expect(audit).not.toContain(body.client_secret);
  });

  test.each(['spa', 'native'])('of the kind %s keeps no secret and has no scopes', async (kind) => {
    expect((await create({ kind })).client_secret).toBeNull();
    expect((await create({ kind, scopes: ['users:read'] })).errors).toMatchObject([{ path: 'scopes' }]);
  });

  test.each([
    'http://app.example.com/callback',
    'https://app.example.com/callback#fragment',
    'https://user:pass@app.example.com/',
    'javascript:alert(1)',
    'data:text/html,x',
    '/callback',
    'https://',
    'myapp:/callback',
  ])('may not come back to %s', async (uri) => {
    expect((await create({ redirect_uris: [uri] })).code).toBe('VALIDATION_FAILED');
  });

  test('may come back to this machine by http, and a native one to a scheme of its own', async () => {
    expect(
      (await create({ redirect_uris: ['http://127.0.0.1:4000/cb', 'http://localhost/cb'] })).client_id,
    ).toBeDefined();
    const redirect_uris = ['com.example.app:/callback'];
    expect((await create({ kind: 'native', redirect_uris })).client_id).toBeDefined();
    expect((await create({ kind: 'spa', redirect_uris })).errors).toMatchObject([{ path: 'redirect_uris' }]);
    expect((await create({ kind: 'web', redirect_uris: [] })).errors).toMatchObject([{ path: 'redirect_uris' }]);
    expect((await create({ kind: 'service', redirect_uris: [] })).client_id).toBeDefined();
  });
});

test('the list is paged, newest first', async () => {
  const made = [await create({ name: 'One' }), await create({ name: 'Two' })];
  const first = await send('GET', '?limit=1&with_total=true');
  expect(first.body.items[0].id).toBe(made[1]?.client_id);
  expect(first.body.total).toBeGreaterThan(1);
  const second = await send('GET', `?limit=1&cursor=${first.body.next_cursor}`);
  expect(second.body.items[0].id).toBe(made[0]?.client_id);
});

describe('a change', () => {
  test('names the version it started from; of two at once one is told of the conflict', async () => {
    const { client_id: id } = await create();
    const answers = await Promise.all(
      ['A', 'B'].map((name) => send('PUT', `/${id}`, { version: 1, name, redirect_uris: ['https://b.example.com/'] })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('VERSION_CONFLICT');
    expect((await send('GET', `/${id}`)).body).toMatchObject({
      version: 2,
      redirect_uris: ['https://b.example.com/'],
      kind: 'web',
    });
    expect((await send('PUT', `/${id}`, { version: 2, redirect_uris: [] })).body.code).toBe('VALIDATION_FAILED');
    expect((await send('PUT', `/${'f'.repeat(24)}`, { version: 1 })).body.code).toBe('NOT_FOUND');
  });

  test('takes effect at the next redirect', async () => {
    const app = await registerApp(server);
    const { body } = await send('GET', `/${app.clientId}`);
    await send('PUT', `/${app.clientId}`, { version: body.version, redirect_uris: ['https://moved.example.com/cb'] });
    expect((await openBrowser(server).go(app.authorizeUrl('oidc'))).status).toBe(400);
  });
});

describe('a new secret', () => {
  const exchange = async (app: Awaited<ReturnType<typeof registerApp>>, client_secret: string) => {
    const { code } = readReturn(await visitProvider(openBrowser(server), app.authorizeUrl('oidc'), 'lilei'));
    return (await app.exchange(code, { client_secret })).body.status;
  };

  test('works at once, and the one before for as long as is said', async () => {
    const app = await registerApp(server, 'web');
    const old = app.clientSecret ?? '';
    const { status, body } = await send('POST', `/${app.clientId}/rotate-secret`, { keep_old_for: 3600 });
    expect([status, Object.keys(body)]).toEqual([201, ['client_secret']]);
    expect([await exchange(app, old), await exchange(app, body.client_secret)]).toEqual(['ok', 'ok']);
    server.clock.advance(3600_000);
    admin = (await server.signIn(await server.createUser([{ name: 'Admin' }]))).access;
    expect([await exchange(app, old), await exchange(app, body.client_secret)]).toEqual([401, 'ok']);
    expect((await send('GET', `/${app.clientId}`)).body.secrets).toHaveLength(1);
  });

  test('can put an end to the one before, and is for those that keep one', async () => {
    const app = await registerApp(server, 'web');
    await send('POST', `/${app.clientId}/rotate-secret`, { keep_old_for: 0 });
    expect(await exchange(app, app.clientSecret ?? '')).toBe(401);
    const spa = await create({ kind: 'spa' });
    expect((await send('POST', `/${spa.client_id}/rotate-secret`, {})).body.code).toBe('VALIDATION_FAILED');
  });
});

test('a client that is removed takes its sessions with it, and nobody else’s', async () => {
  const app = await registerApp(server);
  const { code } = readReturn(await visitProvider(openBrowser(server), app.authorizeUrl('oidc'), 'lilei'));
  const { body } = await app.exchange(code);
  const bystander = await server.signIn(await server.createUser());
  expect((await send('DELETE', `/${app.clientId}`)).status).toBe(204);
  expect((await server.rest('GET', '/auth/me', { token: body.access_token })).body.code).toBe('SESSION_REVOKED');
  expect((await server.rest('GET', '/auth/me', { token: bystander.access })).status).toBe(200);
  expect((await send('DELETE', `/${app.clientId}`)).body.code).toBe('NOT_FOUND');
  expect((await openBrowser(server).go(app.authorizeUrl('oidc'))).status).toBe(401);
});

test('whoever changes a client has proven themselves lately', async () => {
  const { access } = await server.signIn(await server.createUser([{ name: 'Admin' }]));
  server.clock.advance(11 * 60_000);
  const { body } = await server.rest('POST', '/clients', { token: access, body: web });
  expect(body.code).toBe('STEP_UP_REQUIRED');
  expect((await server.rest('GET', '/clients', { token: access })).status).toBe(200);
});
