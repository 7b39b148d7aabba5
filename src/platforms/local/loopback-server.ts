import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { DeployError } from '../../error/deploy-error.ts';

/** A listener for programs and browsers of this machine. */
export interface LoopbackServer {
  /** `http://127.0.0.1:8081` */
  readonly url: string;
  readonly port: number;
  /** Closes at once: nothing that is lost here matters. */
  close(): Promise<void>;
}

interface Listen {
  /** 0 picks a free port. */
  readonly port: number;
  /** For the error when the port is taken: `--metrics-port`. */
  readonly option: string;
  readonly limits?: LoopbackLimits;
}

export interface LoopbackLimits {
  /** How long a client may take to send its headers, and a whole request. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** How long a connection may be silent, so that a reader that takes nothing ends. */
  readonly silenceMs: number;
  readonly connections: number;
}

const LIMITS: LoopbackLimits = { headersMs: 5_000, requestMs: 10_000, silenceMs: 60_000, connections: 200 };

/**
 * Listens on 127.0.0.1 alone. A request has to name that address or `localhost` as its host, with any port, because ports
 * are forwarded: a name of the internet that resolves to 127.0.0.1 (DNS rebinding) is another site, and is refused.
 * @throws DeployError `usage` when it cannot listen
 */
export async function startLoopbackServer(
  { port, option, limits = LIMITS }: Listen,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<LoopbackServer> {
  const server = createServer({
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
    keepAliveTimeout: 5_000,
    maxHeaderSize: 8_192,
  });
  server.on('request', (request, response) => {
    response.setHeader('cache-control', 'no-store');
    response.setHeader('x-content-type-options', 'nosniff');
    if (isLoopbackHost(request.headers.host ?? '')) answer(request, response);
    else refuse(response, 421, 'this listener answers for 127.0.0.1 and localhost only');
  });
  server.maxConnections = limits.connections;
  server.setTimeout(limits.silenceMs);
  await listen(server, port, option);
  const bound = server.address();
  if (typeof bound !== 'object' || bound === null) throw new TypeError('a TCP server has an address');
  return {
    url: `http://127.0.0.1:${bound.port}`,
    port: bound.port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

export function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

function isLoopbackHost(host: string): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i.test(host);
}

function listen(server: Server, port: number, option: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new DeployError('usage', {
          subject: `127.0.0.1:${port}`,
          message: `cannot listen on this address: ${cause.message}`,
          remedy: `Choose another ${option}; 0 picks a free one.`,
          cause,
        }),
      );
    });
    server.listen(port, '127.0.0.1', () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}
