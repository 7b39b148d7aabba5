import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A TCP proxy that delays every response, as if the server were in another region. */
export async function startDelay(
  to: string,
  delayMs: number,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { hostname, port, protocol } = new URL(to);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    near.setNoDelay(true);
    far.setNoDelay(true);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    near.pipe(far);
    far.on('data', (part) => setTimeout(() => near.write(part), delayMs));
    far.on('end', () => setTimeout(() => near.end(), delayMs));
    far.on('close', () => setTimeout(() => near.destroy(), delayMs + 10));
    near.on('close', () => far.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
