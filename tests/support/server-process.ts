// The server in a process of its own, started as production starts it: for tests and measurements that kill it, or must not share its event loop.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { keepCompiled } from './compile-cache.ts';

const entry = fileURLToPath(new URL('../../server/src/main.ts', import.meta.url));
const startLimit = 60_000;

export const ADMINISTRATOR = { email: 'admin@example.com', password: 'the first administrator' };

export interface ServerProcessOptions {
  readonly mongoUri: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** One installation: its database, its key and its port stay the same however often the process dies. */
export interface Installation {
  readonly url: string;
  readonly port: number;
  readonly databaseName: string;
  /** Starts the process; resolves when its administrator can sign in. */
  start(): Promise<void>;
  /** `kill -9`; resolves when it is dead. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  isRunning(): boolean;
}

export async function createInstallation({ mongoUri, env = {} }: ServerProcessOptions): Promise<Installation> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const databaseName = `process_${randomBytes(6).toString('hex')}`;
  const variables = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    ...keepCompiled(),
    PORT: String(port),
    MONGODB_URI: mongoUri,
    KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    ADMIN_EMAIL: ADMINISTRATOR.email,
    ADMIN_PASSWORD: ADMINISTRATOR.password,
    LOG_LEVEL: 'silent',
    AUTHCENTER__MONGODB__DATABASE: databaseName,
    AUTHCENTER__MONGODB__MIN_POOL_SIZE: '0',
    AUTHCENTER__RATE_LIMIT__ENABLED: 'false',
    AUTHCENTER__SECURITY__BCRYPT_COST: '4',
    // Tries before the administrator is made count as failures.
    AUTHCENTER__SECURITY__MAX_LOGIN_ATTEMPTS: '50',
    ...env,
  };
  let child: ReturnType<typeof spawn> | undefined;
  let exited = Promise.resolve();
  const end = async (signal: NodeJS.Signals) => {
    child?.kill(signal);
    await exited;
  };
  return {
    url,
    port,
    databaseName,
    async start() {
      const started = spawn(process.execPath, [entry], { env: variables, stdio: ['ignore', 'ignore', 'pipe'] });
      let complaint = '';
      started.stderr.on('data', (chunk: Buffer) => {
        complaint += chunk.toString();
      });
      child = started;
      exited = new Promise((resolve) => started.once('close', () => resolve()));
      const deadline = Date.now() + startLimit;
      while (!(await isUp(url))) {
        if (started.exitCode !== null) throw new Error(`the server ended at once:\n${complaint}`);
        if (Date.now() > deadline) throw new Error('the server does not answer');
        await sleep(200);
      }
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    isRunning: () => child !== undefined && child.exitCode === null && child.signalCode === null,
  };
}

/** Up is who lets the administrator in. */
const isUp = (url: string): Promise<boolean> =>
  fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ADMINISTRATOR),
  }).then(
    ({ ok }) => ok,
    () => false,
  );

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
