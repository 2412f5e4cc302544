// A gateway of somebody else's, as a process in front of an application.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

export interface GatewayProcess {
  readonly name: string;
  readonly binary: string;
  /** The name of its configuration file. */
  readonly config: string;
  /** @returns the content of its configuration file */
  write(place: { readonly folder: string; readonly port: number }): string;
  /** @returns its arguments */
  args(file: string, folder: string): readonly string[];
  readonly stopSignal: NodeJS.Signals;
}

export async function startGateway({
  name,
  binary,
  config,
  write,
  args,
  stopSignal,
}: GatewayProcess): Promise<Gateway> {
  const folder = await mkdtemp(join(tmpdir(), `authcenter-${name}-`));
  const port = await takePort();
  const file = join(folder, config);
  await writeFile(file, write({ folder, port }));
  const child = spawn(binary, [...args(file, folder)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const close = async () => {
    child.kill(stopSignal);
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 400; tries++) {
    if (child.exitCode !== null) throw new Error(`${name} did not start: ${complaints}`);
    const up = await fetch(url).then(
      () => true,
      () => false,
    );
    if (up) return { url, close };
    await sleep(25);
  }
  await close();
  throw new Error(`${name} did not answer: ${complaints}`);
}

async function takePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
