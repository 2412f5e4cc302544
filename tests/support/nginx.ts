// A real nginx as a gateway in front of an application, asking AuthCenter with auth_request.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** @throws Error that says how to install one */
export function findNginx(env: NodeJS.ProcessEnv = process.env): string {
  // Debian keeps it where only root's PATH leads.
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/sbin'].filter((folder) => folder !== '');
  const candidates = [env['NGINX_BINARY'] ?? '', ...folders.map((folder) => join(folder, 'nginx'))];
  const found = candidates.find((path) => path !== '' && isExecutable(path));
  if (found === undefined)
    throw new Error('no nginx was found: apt-get install nginx-light, or name one in NGINX_BINARY');
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param server - the body of nginx's `server` block, without `listen`
 */
export async function startNginx(server: string): Promise<Gateway> {
  const folder = await mkdtemp(join(tmpdir(), 'authcenter-nginx-'));
  const port = await takePort();
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  await writeFile(
    file,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr error;
events { worker_connections 64; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  server {
    listen 127.0.0.1:${port};
    ${server}
  }
}
`,
  );
  const child = spawn(findNginx(), ['-c', file, '-p', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const close = async () => {
    child.kill('SIGQUIT');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`nginx did not start: ${complaints}`);
    const up = await fetch(url).then(
      () => true,
      () => false,
    );
    if (up) return { url, close };
    await sleep(25);
  }
  await close();
  throw new Error(`nginx did not answer: ${complaints}`);
}

async function takePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
