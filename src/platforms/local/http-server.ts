import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { asDeployError, DeployError } from '../../error/deploy-error.ts';
import { admit, BODY_LIMIT_BYTES, receive } from '../../deploy/webhook/receive.ts';
import type { Answer, Reception, RequestHead, WebhookRequest } from '../../deploy/webhook/reception.ts';

export interface HttpServer {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Accepts no more connections, waits for open requests, and closes them at the deadline. */
  close(deadlineMs: number): Promise<void>;
}

export interface HttpLimits {
  /** How long a client may take to send its headers, and a whole request: slow senders do not hold a connection forever. */
  readonly headersMs: number;
  readonly requestMs: number;
  /** How long a response may take; GitHub closes the connection after 10 s. */
  readonly answerMs: number;
  /** How long a connection may be silent, before its first byte too. */
  readonly silenceMs: number;
  /** A Git host opens a few, a proxy in front of this server some hundreds. */
  readonly connections: number;
  /** What all bodies that are being read or handled may hold together. */
  readonly bytesInFlight: number;
}

const LIMITS: HttpLimits = {
  headersMs: 10_000,
  requestMs: 60_000,
  answerMs: 9_000,
  silenceMs: 15_000,
  connections: 1_000,
  bytesInFlight: 4 * BODY_LIMIT_BYTES,
};

/** How long a connection with an unread body stays open, so that its client can read the response. */
const LINGER_MS = 1_000;

interface Listen {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly limits?: HttpLimits;
  /** Served beside webhooks. Default: none. */
  readonly routes?: readonly Route[];
}

/** Requests of one kind. */
export interface Route {
  readonly isFor: (path: string) => boolean;
  /** The answer if the head alone decides it; null: read the body. */
  readonly admit: (head: RequestHead) => Promise<Answer | null>;
  /** May take as long as it wants. `closed` is aborted when the client no longer waits. */
  readonly answer: (request: WebhookRequest, closed: AbortSignal) => Promise<Answer>;
  readonly limitBytes: number;
}

/** Serves `receive` over HTTP. @throws DeployError `usage` when it cannot listen */
export async function startHttpServer(
  { host, port, limits = LIMITS, routes = [] }: Listen,
  reception: Reception,
): Promise<HttpServer> {
  const server = createServer({
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
    keepAliveTimeout: 5_000,
  });
  const inFlight = { bytes: 0 };
  const take = (request: IncomingMessage, response: ServerResponse) => {
    respond({ request, response, server }, { reception, limits, routes, inFlight }).catch((thrown: unknown) => {
      reception.log({ level: 'error', message: 'a request failed', errors: [asDeployError(thrown).problem] });
      response.destroy();
    });
  };
  server.on('request', take);
  // Otherwise Node would request the body even if the head alone is refused.
  server.on('checkContinue', take);
  server.on('clientError', refuseConnection);
  server.maxConnections = limits.connections;
  server.setTimeout(limits.silenceMs);
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
  readonly limits: HttpLimits;
  readonly routes: readonly Route[];
  readonly inFlight: InFlight;
}

/** The bytes of all bodies that are being read or handled. */
interface InFlight {
  bytes: number;
}

async function respond(exchange: Exchange, { reception, limits, routes, inFlight }: Serving): Promise<void> {
  const { request, response } = exchange;
  const head = headOf(request);
  const route = routes.find(({ isFor }) => isFor(head.path));
  const early = await (route === undefined ? admit(head, reception) : route.admit(head));
  if (early !== null) {
    send(exchange, early);
    return;
  }
  if (/^100-continue$/i.test(head.headers['expect'] ?? '')) response.writeContinue();
  const { body, release } = await readBody(request, {
    limitBytes: (route ?? reception).limitBytes,
    mayHold: limits.bytesInFlight,
    inFlight,
  });
  try {
    if (body === 'cut-off') return;
    const answer =
      route === undefined
        ? receive({ ...head, body }, reception, AbortSignal.timeout(limits.answerMs))
        : route.answer({ ...head, body }, whenClosed(exchange));
    send(exchange, await answer);
  } finally {
    release();
  }
}

/** From here on, a silent connection is only waiting for its response. */
function whenClosed({ request, response }: Exchange): AbortSignal {
  const closed = new AbortController();
  request.socket.setTimeout(0);
  response.once('close', () => closed.abort());
  return closed.signal;
}

function headOf({ method = '', url = '', headers }: IncomingMessage): RequestHead {
  const texts: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) texts[name] = Array.isArray(value) ? value.join(', ') : value;
  return { method, path: url, headers: texts };
}

interface Read {
  readonly body: WebhookRequest['body'] | 'cut-off';
  /** Its bytes no longer count. */
  readonly release: () => void;
}

/** The raw bytes. Above a limit it stops reading, so that TCP slows the sender down. */
function readBody(
  request: IncomingMessage,
  { limitBytes, mayHold, inFlight }: { limitBytes: number; mayHold: number; inFlight: InFlight },
): Promise<Read> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let bytes = 0;
    const release = () => {
      inFlight.bytes -= bytes;
      bytes = 0;
    };
    const refuse = (body: Exclude<Read['body'], Uint8Array>) => {
      request.off('data', take).pause();
      chunks = [];
      release();
      resolve({ body, release });
    };
    const cutOff = () => refuse('cut-off');
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      inFlight.bytes += chunk.length;
      if (bytes > limitBytes) refuse('too-large');
      else if (inFlight.bytes > mayHold) refuse('too-many');
      else chunks.push(chunk);
    };
    request.on('data', take);
    request.on('error', cutOff).on('close', cutOff);
    request.on('end', () => {
      request.off('close', cutOff);
      resolve({ body: Buffer.concat(chunks), release });
    });
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
function refuseConnection(cause: Error & { readonly code?: string }, socket: Duplex): void {
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
