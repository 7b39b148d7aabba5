import { connect, constants } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { DeployError } from '../../error/deploy-error.ts';
import type { ClusterAccess } from './access.ts';
import { listen } from './session-stream.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RawRequest {
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | undefined;
  readonly timeoutMs: number;
  /** Called once a stream is free. */
  readonly canSend: () => boolean;
}

/** A larger response fails the request. */
const ANSWER_BYTES = 128 * 1024 * 1024;
/** The API server would queue more (priority and fairness), not serve them sooner. */
const STREAMS = 32;
/** Callers run this many requests in parallel: twice the streams, so that no stream is ever idle. */
export const REQUESTS_AT_ONCE = 2 * STREAMS;
/** Enough for a lost packet; a sweep meets many servers. */
const CONNECT_TIMEOUT_MS = 3_000;

/** One kept HTTP/2 connection to one API server, opened on first use and reopened after it closes. */
export interface Session {
  /** Rejects with a SessionError if no response arrived. `overdue`: not sent, because `canSend` returned false. */
  send(request: RawRequest, signal: AbortSignal): Promise<RawAnswer | 'overdue'>;
  /** A watch. It does not count as a stream: it would occupy one for a minute. */
  listen(
    watch: { readonly headers: OutgoingHttpHeaders; readonly onLine: (line: string) => void },
    signal: AbortSignal,
  ): Promise<number>;
  close(): void;
}

/**
 * What happened to a request without a response.
 * - `unconnected`: no connection was established.
 * - `untrusted`: the server's certificate is not from the configured authority.
 * - `unsent`: the server has not acted on it: the kept connection was closed, or the server refused the stream (RFC 9113, 8.7).
 * - `cut`: a kept connection broke during the request. The server may have acted on it.
 * - `cut-when-new`: a new connection broke during the request, so another one is unlikely to help.
 * - `silent`: no response arrived in time.
 * - `too-large`: the response is larger than the limit.
 */
export type SessionFailure = 'unconnected' | 'untrusted' | 'unsent' | 'cut' | 'cut-when-new' | 'silent' | 'too-large';

export class SessionError extends Error {
  readonly failure: SessionFailure;

  constructor(failure: SessionFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.failure = failure;
  }
}

/** The code depends on how much of its chain the server sends, and on what the two authorities have in common. */
const UNTRUSTED: ReadonlySet<unknown> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
]);

function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  return error.cause instanceof Error ? codeOf(error.cause) : 'code' in error ? error.code : undefined;
}

/** Limits the time until TLS is established, because Node's own option ends no connection. */
function limitConnecting(session: ClientHttp2Session, ms: number): void {
  const timer = setTimeout(() => session.destroy(new Error(`no connection within ${ms / 1000} s`)), ms).unref();
  session.once('connect', () => clearTimeout(timer));
  session.once('close', () => clearTimeout(timer));
}

export function openSession(access: ClusterAccess, connectMs = CONNECT_TIMEOUT_MS): Session {
  const { origin } = new URL(access.server);
  let session: ClientHttp2Session | null = null;
  let free = STREAMS;
  const waiting: (() => void)[] = [];

  function current(): ClientHttp2Session {
    if (session !== null && !session.closed && !session.destroyed) return session;
    session = connect(origin, {
      ca: access.ca ?? undefined,
      cert: access.clientCertificate?.cert,
      key: access.clientCertificate?.key,
      servername: access.tlsServerName ?? undefined,
    });
    // Each request gets the error from its own stream; without a listener here, the process would exit.
    session.on('error', () => undefined);
    session.unref();
    limitConnecting(session, connectMs);
    return session;
  }

  /** Requests in flight may still complete. */
  function retire(silent: ClientHttp2Session): void {
    silent.close();
    if (session === silent) session = null;
  }

  async function exchangeOn(connection: ClientHttp2Session, request: RawRequest, signal: AbortSignal) {
    try {
      return await exchange(connection, request, signal);
    } catch (thrown) {
      // A connection that swallowed one request may swallow all, so the next request opens a new one.
      if (thrown instanceof SessionError && thrown.failure === 'silent') retire(connection);
      throw thrown;
    }
  }

  /** Waits for a free stream. Requests that hold one have a deadline, so one becomes free. */
  async function slot(signal: AbortSignal): Promise<() => void> {
    if (free > 0) free -= 1;
    else await inLine(waiting, signal);
    return () => {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    };
  }

  return {
    async send(request, signal) {
      const release = await slot(signal);
      try {
        if (!request.canSend()) return 'overdue';
        return await exchangeOn(current(), request, signal);
      } finally {
        release();
      }
    },
    async listen(watch, signal) {
      try {
        return await listen(current(), watch, signal);
      } catch {
        // The connection closed.
        return 0;
      }
    },
    close() {
      session?.close();
      session = null;
    },
  };
}

function inLine(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      waiting.splice(waiting.indexOf(enter), 1);
      reject(interrupted(signal.reason));
    };
    const enter = () => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    if (signal.aborted) return reject(interrupted(signal.reason));
    signal.addEventListener('abort', leave, { once: true });
    waiting.push(enter);
  });
}

function exchange(session: ClientHttp2Session, request: RawRequest, signal: AbortSignal): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let stream: ClientHttp2Stream;
    const isKept = !session.connecting;
    try {
      signal.throwIfAborted();
      stream = session.request(request.headers, { endStream: request.body === undefined });
    } catch (cause) {
      reject(signal.aborted ? interrupted(cause) : new SessionError('unsent', 'the connection is closed', cause));
      return;
    }
    // Only a connection with a request in flight keeps the process alive.
    session.ref();
    let headers: IncomingHttpHeaders | null = null;
    const parts: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => {
      fail('silent', `no response within ${request.timeoutMs / 1000} s`);
    }, request.timeoutMs);
    const onAbort = () => finish(() => reject(interrupted(signal.reason)), constants.NGHTTP2_CANCEL);
    signal.addEventListener('abort', onAbort, { once: true });

    function finish(settle: () => void, code?: number): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (code !== undefined) stream.close(code);
      session.unref();
      settle();
    }
    function fail(failure: SessionFailure, message: string, cause?: unknown): void {
      finish(() => reject(new SessionError(failure, message, cause)), constants.NGHTTP2_CANCEL);
    }
    function failLost(message: string, cause?: unknown): void {
      const isRefused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
      const why = lacksHttp2(session, cause) ? NO_HTTP2 : message;
      fail(lossOf({ isKept, isRefused, isConnecting: session.connecting, cause }), why, cause);
    }

    stream.on('response', (received) => (headers = received));
    stream.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > ANSWER_BYTES) fail('too-large', `the response is larger than ${ANSWER_BYTES} bytes`);
      else parts.push(part);
    });
    stream.on('error', (cause: Error) => failLost(reasonOf(cause), cause));
    stream.on('end', () => {
      const status = Number(headers?.[':status'] ?? 0);
      if (headers !== null && status > 0)
        finish(() => resolve({ status, headers: headers ?? {}, text: Buffer.concat(parts).toString() }));
    });
    // Has no effect after a response or an error: only a silently closed connection gets here first.
    stream.on('close', () => failLost('the connection was closed before the response'));
    stream.end(request.body);
  });
}

/** `isKept`: the connection was established before the request. */
function lossOf({
  isKept,
  isRefused,
  isConnecting,
  cause,
}: {
  readonly isKept: boolean;
  readonly isRefused: boolean;
  readonly isConnecting: boolean;
  readonly cause: unknown;
}): SessionFailure {
  if (UNTRUSTED.has(codeOf(cause))) return 'untrusted';
  if (isRefused) return 'unsent';
  if (isKept) return 'cut';
  return isConnecting ? 'unconnected' : 'cut-when-new';
}

const NO_HTTP2 = 'it, or a proxy in front of it, does not offer HTTP/2, which Headgate requires';

/** The server refused the protocol while connecting, or connected without one and did not understand the request. */
function lacksHttp2({ connecting, alpnProtocol }: ClientHttp2Session, cause: unknown): boolean {
  return connecting
    ? codeOf(cause) === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'
    : codeOf(cause) === 'ERR_HTTP2_ERROR' && alpnProtocol !== 'h2';
}

/** Node hides the reason of a failed connect in nested causes. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function interrupted(cause: unknown): DeployError {
  return new DeployError('interrupted', {
    subject: 'the run',
    message: 'was interrupted',
    remedy: 'Wait for the next run, which resumes it.',
    cause,
  });
}
