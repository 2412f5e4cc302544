// Addresses that people enter lead into no private network: not by an address, not by a name, not by what a name comes to mean.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createStrangerSender, isPublicAddress, namesForbiddenAddress } from '../../server/src/platform/strangers.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const FORBIDDEN = [
  '0.0.0.0',
  '10.0.0.1',
  '100.64.0.1',
  '100.100.100.200',
  '127.0.0.1',
  '127.255.255.254',
  '168.63.129.16',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.0.2.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '64:ff9b::10.0.0.1',
  '100::1',
  '2001::1',
  '2001:db8::1',
  '2002:7f00:1::',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  'nonsense',
];

test.each(FORBIDDEN)('%s is not in the public internet', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '203.0.112.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
  '%s is',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

const strict = { allowLoopback: false, allowPrivate: [], timeout: 2_000 };

test.each([
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f.0.0.1/',
  'http://0177.0.0.1/',
  'http://①②⑦.0.0.1/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://169.254.169.254/latest/meta-data',
  'http://10.0.0.1:8080/',
])('%s names an address that nothing is sent to, however it is written', (url) => {
  expect(namesForbiddenAddress(url, strict)).toBe(true);
});

describe('a request', () => {
  let receiver: WebhookReceiver;
  beforeAll(async () => {
    receiver = await startWebhookReceiver();
  });
  afterAll(() => receiver.close());
  const never = new AbortController().signal;
  const post = (rules: Parameters<typeof createStrangerSender>[0], url: string) =>
    createStrangerSender(rules)(url, { headers: {}, body: '{}', signal: never });
  const at = (host: string) => receiver.url.replace('127.0.0.1', host);

  test.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]'])('to %s does not leave', async (host) => {
    await expect(post(strict, at(host))).rejects.toThrow('the address is not in the public internet');
    expect(receiver.received).toEqual([]);
  });

  test('leaves where loopback is allowed, or the host by its name', async () => {
    expect(await post({ ...strict, allowLoopback: true }, at('localhost'))).toBe(204);
    expect(await post({ ...strict, allowPrivate: ['localhost'] }, at('localhost'))).toBe(204);
    expect(await post({ ...strict, allowPrivate: ['127.0.0.1'] }, receiver.url)).toBe(204);
    // The name is allowed, not whatever it stands for.
    await expect(post({ ...strict, allowPrivate: ['localhost'] }, receiver.url)).rejects.toThrow('public internet');
  });

  test('that is redirected ends there', async () => {
    const inner = await startWebhookReceiver();
    receiver.answer((response) => response.writeHead(302, { location: inner.url }).end());
    expect(await post({ ...strict, allowLoopback: true }, receiver.url)).toBe(302);
    expect(inner.received).toEqual([]);
    await inner.close();
  });

  test('is over in time, whatever trickles in', async () => {
    const slow = createServer((_request, response) => void response.socket?.write('HTTP/1.1 ')).listen(0, '127.0.0.1');
    await new Promise((listening) => slow.once('listening', listening));
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/`;
    await expect(post({ ...strict, allowLoopback: true, timeout: 200 }, url)).rejects.toThrow('within 200 ms');
    slow.closeAllConnections();
    slow.close();
  });

  test('that cannot be made tells nothing of what was found there', async () => {
    const gone = await startWebhookReceiver();
    await gone.close();
    await expect(post({ ...strict, allowLoopback: true }, gone.url)).rejects.toThrow(
      'could not be reached (ECONNREFUSED)',
    );
    await expect(post(strict, gone.url)).rejects.toThrow('the address is not in the public internet');
  });
});

describe('a webhook', () => {
  let server: TestServer;
  let production: TestServer;
  let token: string;
  beforeAll(async () => {
    server = await startTestServer();
    const env = { PUBLIC_URL: 'https://auth.example.com', ADMIN_PASSWORD: 'quarry-lantern-91-opal' };
    production = await startTestServer({
      sharedWith: server,
      env,
      config: {
        server: { mode: 'production', public_url: 'https://auth.example.com' },
        security: { bcrypt_cost: 12, allow_insecure: ['http', 'database_without_auth'], require_https: false },
        rate_limit: { enabled: true },
        registration: { email_verification: 'off' },
        webhooks: { allow_private: ['hr.internal', '10.0.0.7'] },
      },
    });
  });
  afterAll(async () => {
    await production.close();
    await server.close();
  });
  const create = async (url: string) => {
    token ??= (await production.signIn(await production.createUser([{ name: 'Admin' }]))).access;
    return production.rest('POST', '/webhooks', { token, body: { url, events: ['user.*'] } });
  };

  test.each(['http://example.com/', 'https://10.0.0.1/', 'https://[::1]/', 'https://169.254.169.254/'])(
    'in production mode may not lead to %s',
    async (url) => {
      const { status, body } = await create(url);
      expect([status, body.errors?.[0]?.path]).toEqual([400, 'url']);
    },
  );

  test('may lead to a host that is listed, and what a name means is looked at when it is called', async () => {
    expect((await create('https://10.0.0.7/hook')).status).toBe(201);
    const { body } = await create('https://localhost:1/hook');
    await production.rest('POST', `/users/${(await production.createUser()).id}/roles`, {
      token,
      body: { role_id: production.roleId('Editor') },
    });
    const path = `/webhooks/${body.webhook.id}/deliveries`;
    const read = async () => (await production.rest('GET', path, { token })).body.items[0]?.last_error;
    await expect.poll(read).toBe('the address is not in the public internet');
  });
});
