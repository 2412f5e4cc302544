// A way to a server on which requests arrive and answers get lost, as when the line breaks at the worst moment.
import { connect, createServer, type Socket } from 'node:net';

export interface DeafProxy {
  readonly url: string;
  /** Cuts the connections. */
  close(): Promise<void>;
}

export async function openDeafProxy(port: number): Promise<DeafProxy> {
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect({ host: '127.0.0.1', port });
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        server.destroy();
      });
    }
    client.pipe(server);
    // Read and thrown away: the server must not notice.
    server.resume();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
    },
  };
}
