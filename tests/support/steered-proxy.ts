// A way to a server that a test steers: to another instance, into silence, or to nowhere.
import { connect, createServer, type Socket } from 'node:net';

export interface SteeredProxy {
  readonly url: string;
  /** Connections that are open. */
  readonly open: number;
  /** Connections that there were in all. */
  readonly count: number;
  /** Where those made from now on lead to; those there are stay. */
  leadTo(url: string): void;
  /** What servers send from now on is lost, on connections old and new; nobody is told. */
  swallow(isSwallowing: boolean): void;
  /** What servers send from now on waits here; `release` hands all of it on, as a line does that was congested. */
  hold(): void;
  release(): void;
  /** Bytes that wait. */
  readonly held: number;
  /** Ends the connections there are, and refuses new ones until it leads somewhere again. */
  cut(): void;
  close(): Promise<void>;
}

export async function openSteeredProxy(target: string): Promise<SteeredProxy> {
  const sockets = new Set<Socket>();
  let port: number | null = Number(new URL(target).port);
  let swallowing = false;
  let waiting: { readonly client: Socket; readonly bytes: Buffer }[] | null = null;
  let [open, count] = [0, 0];
  const proxy = createServer((client) => {
    if (port === null) return void client.destroy();
    count++;
    open++;
    const server = connect({ host: '127.0.0.1', port });
    client.once('close', () => open--);
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.pipe(server);
    server.on('data', (bytes) => {
      if (waiting) waiting.push({ client, bytes });
      else if (!swallowing) client.write(bytes);
    });
    server.on('end', () => {
      if (!swallowing) client.end();
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    get open() {
      return open;
    },
    get count() {
      return count;
    },
    leadTo(url) {
      port = Number(new URL(url).port);
    },
    swallow(isSwallowing) {
      swallowing = isSwallowing;
    },
    hold() {
      waiting ??= [];
    },
    release() {
      const all = waiting ?? [];
      waiting = null;
      for (const { client, bytes } of all) client.write(bytes);
    },
    get held() {
      return (waiting ?? []).reduce((sum, { bytes }) => sum + bytes.length, 0);
    },
    cut() {
      port = null;
      drop();
    },
    async close() {
      drop();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
    },
  };
}
