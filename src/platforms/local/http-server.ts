import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { asDeployError, DeployError } from '../../error/deploy-error.ts';
import { admit, receive } from '../../deploy/webhook/receive.ts';
import type { Answer, Reception, RequestHead } from '../../deploy/webhook/receive.ts';

export interface HttpServer {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Accepts no more connections, waits for open requests, and closes them at the deadline. */
  close(deadlineMs: number): Promise<void>;
}

export interface HttpTimeouts {
  /** How long a client may take to send its headers, and a whole request: slow senders do not hold a connection forever. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** How long a response may take; GitHub closes the connection after 10 s. */
  readonly answerMs: number;
}

const TIMEOUTS: HttpTimeouts = { headersMs: 10_000, requestMs: 60_000, answerMs: 9_000 };

/** How long a connection with an unread body stays open, so that its client can read the response. */
const LINGER_MS = 1_000;

interface Listen {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly timeouts?: HttpTimeouts;
}

/** Serves `receive` over HTTP. @throws DeployError `usage` when it cannot listen */
export async function startHttpServer(
  { host, port, timeouts = TIMEOUTS }: Listen,
  reception: Reception,
): Promise<HttpServer> {
  const server = createServer({
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.requestMs,
    connectionsCheckingInterval: Math.min(1_000, timeouts.headersMs),
    keepAliveTimeout: 5_000,
  });
  const take = (request: IncomingMessage, response: ServerResponse) => {
    respond({ request, response, server }, { reception, timeouts }).catch((thrown: unknown) => {
      reception.log({ level: 'error', message: 'a request failed', errors: [asDeployError(thrown).problem] });
      response.destroy();
    });
  };
  server.on('request', take);
  // Otherwise Node would request the body even if the head alone is refused.
  server.on('checkContinue', take);
  server.on('clientError', refuse);
  await listen(server, { host, port });
  return { url: urlOf(server), close: (deadlineMs) => close(server, deadlineMs) };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly server: Server;
}

interface Serving {
  readonly reception: Reception;
  readonly timeouts: HttpTimeouts;
}

async function respond(exchange: Exchange, { reception, timeouts }: Serving): Promise<void> {
  const { request, response } = exchange;
  const head = headOf(request);
  const early = admit(head, reception);
  if (early !== null) return send(exchange, early);
  if (/^100-continue$/i.test(head.headers['expect'] ?? '')) response.writeContinue();
  const body = await readBody(request, reception.limitBytes);
  if (body === 'cut-off') return undefined;
  const signal = AbortSignal.timeout(timeouts.answerMs);
  return send(exchange, await receive({ ...head, body }, reception, signal));
}

function headOf({ method = '', url = '', headers }: IncomingMessage): RequestHead {
  const texts: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) texts[name] = Array.isArray(value) ? value.join(', ') : value;
  return { method, path: url, headers: texts };
}

/** The raw bytes. Above the limit it stops reading, so that TCP slows the sender down. */
function readBody(request: IncomingMessage, limitBytes: number): Promise<Uint8Array | 'too-large' | 'cut-off'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      request.off('data', take);
      request.pause();
      resolve('too-large');
    };
    request.on('data', take);
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => resolve('cut-off'));
    request.on('close', () => resolve('cut-off'));
  });
}

function send({ request, response, server }: Exchange, answer: Answer): void {
  const text = JSON.stringify(answer.body);
  const isUnread = !request.complete;
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...answer.headers,
    ...(isUnread || !server.listening ? { connection: 'close' } : {}),
  });
  if (!isUnread || !hasBody(request)) {
    response.end(text);
    return;
  }
  // Closing with unread bytes resets the connection, and a client that still sends would never see the response.
  response.write(text);
  const timer = setTimeout(() => response.end(), LINGER_MS);
  response.on('close', () => clearTimeout(timer));
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

const REFUSALS: Readonly<Record<string, readonly [string, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'the request took too long'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'the headers are too large'],
};

/** Refuses what Node could not parse as HTTP, or not in time. */
function refuse(cause: Error & { readonly code?: string }, socket: Duplex): void {
  if (cause.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, text] = REFUSALS[cause.code ?? ''] ?? ['400 Bad Request', 'the request is not valid HTTP'];
  const body = JSON.stringify({ error: text });
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close`;
  socket.end(`${head}\r\n\r\n${body}`, () => socket.destroy());
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new DeployError('usage', {
          subject: `${host}:${port}`,
          message: `cannot listen on this address: ${cause.message}`,
          remedy: 'Choose another --port (0 picks a free one) or --host.',
          cause,
        }),
      );
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function urlOf(server: Server): string {
  const bound = server.address();
  if (typeof bound !== 'object' || bound === null) throw new TypeError('a TCP server has an address');
  const { address, family, port } = bound;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function close(server: Server, deadlineMs: number): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(timer);
}
