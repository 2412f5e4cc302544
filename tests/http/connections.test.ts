// Connections end: those that are slow or silent, and those that are left when the server stops.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, inject, test } from 'vitest';
import { buildApp } from '../../server/src/app.ts';
import { loadConfig } from '../../server/src/config.ts';
import { startServer } from '../../server/src/main.ts';
import { startTestServer } from '../support/server.ts';

test('each step of a request has its time, and silence too', async () => {
  const server = await startTestServer();
  try {
    const app = await buildApp(server.deps);
    const { headersTimeout, requestTimeout, timeout } = app.server;
    expect({ headersTimeout, requestTimeout, timeout }).toEqual({
      headersTimeout: 15_000,
      requestTimeout: 30_000,
      timeout: 60_000,
    });
    await app.close();
  } finally {
    await server.close();
  }
});

test('a stop ends the connections that do not end themselves', async () => {
  const loaded = loadConfig({
    env: { KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'), MONGODB_URI: inject('mongoUri') },
    cwd: process.cwd(),
    overrides: {
      server: { port: 0 },
      mongodb: { database: `test_${randomBytes(6).toString('hex')}`, min_pool_size: 0 },
      security: { bcrypt_cost: 4 },
      log: { level: 'silent' },
    },
  });
  const running = await startServer({ ...loaded, drainTime: 50 });
  // A body that never comes to its end.
  const socket = await openRequest(running.url);
  const ended = once(socket, 'close');
  await running.close();
  await ended;
  await expect(running.deps.database.ping()).rejects.toThrow();
});

/** Resolves when the server has taken the headers: it says so by answering to Expect (RFC 9110 §10.1.1). */
async function openRequest(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  socket.write(
    'POST /api/v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\nexpect: 100-continue\r\n\r\n',
  );
  await once(socket, 'data');
  socket.resume();
  return socket;
}
