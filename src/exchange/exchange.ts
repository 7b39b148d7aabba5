import { reasonOf } from '../error/deploy-error.ts';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
}

/** `body` is the complete body as received. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Keep-alive connections. Their owner opens them once so that they outlive a run. */
export interface HttpAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

export interface ExchangeOptions {
  /** Default: Node's global agents. */
  readonly agents?: HttpAgents;
  /** PEM of a private certificate authority. */
  readonly ca: string | null;
  /** For the request and its complete response, from the time it has a connection to use, or begins to open one. */
  readonly deadlineMs: number;
  /** The longest time without a byte. Default: no limit but the deadline. */
  readonly silenceMs?: number;
  /** The least that has to arrive in each `windowMs` of a response. Default: no limit but the deadline. */
  readonly leastThroughput?: LeastThroughput;
  /** Called for every part of the body. */
  readonly received?: (bytes: number) => void;
  /** A larger body fails the exchange. */
  readonly bodyLimitBytes: number;
}

export interface LeastThroughput {
  readonly windowMs: number;
  readonly bytes: number;
}

/**
 * - `aborted`: the caller's signal aborted.
 * - `stale`: the server had closed a kept connection, which is noticed only on its next use.
 * - `too-large`: the body is larger than its limit.
 * - `unanswered`: no complete response arrived in time.
 */
export type ExchangeFailure = 'aborted' | 'stale' | 'too-large' | 'unanswered';

/** No complete response arrived. */
export class ExchangeError extends Error {
  readonly failure: ExchangeFailure;

  constructor(failure: ExchangeFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.failure = failure;
  }
}

/** `connections`: at most to one server; more requests wait for a free one. */
export function openAgents({ connections = Infinity } = {}): HttpAgents & { close(): void } {
  const options = { keepAlive: true, maxSockets: connections };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };
  return {
    ...agents,
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/**
 * Sends one request over HTTP/1 and returns its response, whatever the status. Redirects are not followed: that would send
 * the credentials to the host that the redirect names. @throws ExchangeError
 */
export function exchange(request: HttpRequest, options: ExchangeOptions, signal: AbortSignal): Promise<HttpAnswer> {
  const { deadlineMs, silenceMs } = options;
  return new Promise((resolve, reject) => {
    const sent = open(request, options, signal);
    // The first failure wins: closing the connection causes others.
    const fail = (cause: unknown) => {
      if (signal.aborted) reject(new ExchangeError('aborted', 'interrupted', cause));
      else reject(cause instanceof ExchangeError ? cause : broken(cause, sent));
      sent.destroy();
    };
    let deadline: NodeJS.Timeout | undefined;
    const overdue = () => fail(unanswered(`no complete response within ${deadlineMs / 1000} s`));
    sent.on('socket', () => (deadline = setTimeout(overdue, deadlineMs)));
    sent.on('close', () => clearTimeout(deadline));
    if (silenceMs !== undefined) {
      sent.setTimeout(silenceMs, () => fail(unanswered(`no byte within ${silenceMs / 1000} s`)));
    }
    sent.on('error', fail);
    sent.on('response', (response) => {
      const { statusCode = 0, headers } = response;
      readBody(response, options).then((body) => resolve({ status: statusCode, headers, body }), fail);
    });
    sent.end(request.body ?? undefined);
  });
}

function open(
  { method, url, headers }: HttpRequest,
  { agents, ca }: ExchangeOptions,
  signal: AbortSignal,
): ClientRequest {
  const options = { method, headers, signal, ...(ca === null ? {} : { ca }) };
  return url.protocol === 'https:'
    ? httpsRequest(url, { ...options, agent: agents?.https })
    : httpRequest(url, { ...options, agent: agents?.http });
}

async function readBody(
  response: IncomingMessage,
  { bodyLimitBytes, leastThroughput, received = () => undefined }: ExchangeOptions,
): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const timer = leastThroughput && refuseTrickle(response, leastThroughput, () => bytes);
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      bytes += part.length;
      received(part.length);
      if (bytes > bodyLimitBytes)
        throw new ExchangeError('too-large', `the response is larger than ${bodyLimitBytes} bytes`);
      parts.push(part);
    }
  } finally {
    clearInterval(timer);
  }
  return Buffer.concat(parts);
}

/** A server that sends a byte now and then is never silent, and would hold its run until the deadline. */
function refuseTrickle(
  response: IncomingMessage,
  { windowMs, bytes: least }: LeastThroughput,
  bytesSoFar: () => number,
): NodeJS.Timeout {
  let before = 0;
  return setInterval(() => {
    if (bytesSoFar() - before < least)
      response.destroy(unanswered(`less than ${least} bytes within ${windowMs / 1000} s`));
    before = bytesSoFar();
  }, windowMs);
}

function broken(cause: unknown, { reusedSocket }: ClientRequest): ExchangeError {
  const message = reasonOf(cause);
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  const isClosed = code === 'ECONNRESET' || code === 'EPIPE';
  return reusedSocket && isClosed ? new ExchangeError('stale', message, cause) : unanswered(message, cause);
}

function unanswered(message: string, cause?: unknown): ExchangeError {
  return new ExchangeError('unanswered', message, cause);
}
