import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { DeployError } from '../../error/deploy-error.ts';
import { followed, UNWATCHED } from '../../exchange/servers.ts';
import type { Server } from '../../exchange/servers.ts';
import { retry, retryAfterMs } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
import type { ClusterAccess } from './access.ts';
import { METADATA_ONLY } from './metadata.ts';
import { openSession, SessionError } from './session.ts';
import type { RawAnswer, Session, SessionFailure } from './session.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Including the query, already encoded. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  /** The right to write, checked right before each attempt: a retry may come late. */
  readonly fence?: Fence;
  /** A POST that may be sent again if its response was lost: it names the object, and the caller handles 409. */
  readonly isRepeatable?: true;
}

/** The right to write. */
export interface Fence {
  /** Resolves when enough time is left for one request, after renewing it if necessary. @throws DeployError `lease-lost` */
  ensure(signal: AbortSignal): Promise<void>;
  /** Is enough time left without renewing it? */
  isHeld(): boolean;
}

export interface KubeAnswer {
  readonly status: number;
  readonly text: string;
  /** Texts of `Warning: 299` headers. */
  readonly warnings: readonly string[];
  /** The server's clock (`Date`), in milliseconds. */
  readonly date: number | null;
}

/** One run's connection to a cluster. It counts the run's requests and sends its identity with each of them. */
export interface Connection {
  readonly usage: { readonly requests: number; readonly bytes: number };
  request(request: KubeRequest, signal: AbortSignal): Promise<KubeAnswer>;
  /** Calls `onLine` for every line of a watch until it ends. Returns its HTTP status, 0 without a response. Never rejects. */
  listen(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<number>;
}

export interface ConnectionOptions {
  /** `headgate/1.0 (<target>@<12 hex>)`, with the commit once it is known, for the cluster's audit log. */
  readonly userAgent: () => string;
  readonly impersonate: { readonly namespace: string; readonly name: string } | null;
  readonly requestTimeoutMs: number;
  /** Notes whether the API server answers, and whatever issues its tokens. Default: it is not noted. */
  readonly watched?: Server;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Sessions that outlive the runs that use them. */
export interface SessionPool {
  connect(access: ClusterAccess, options: ConnectionOptions): Connection;
  close(): void;
}

export function openSessions(): SessionPool {
  const sessions = new Map<string, Session>();
  const sessionOf: SessionOf = (access) => {
    // A rotated certificate or CA needs a new session; tokens are sent with each request.
    const key = JSON.stringify([access.server, access.ca, access.tlsServerName, access.clientCertificate]);
    const session = sessions.get(key) ?? openSession(access);
    sessions.set(key, session);
    return session;
  };
  return {
    connect: (access, options) => connectionOver(access, sessionOf, options),
    close() {
      for (const session of sessions.values()) session.close();
      sessions.clear();
    },
  };
}

const THROTTLE_PAUSE_MS = 1000;

const THROTTLED: RetryPolicy<RawAnswer> = {
  pausesMs: [THROTTLE_PAUSE_MS, THROTTLE_PAUSE_MS],
  // The queue handles longer pauses.
  longestPauseMs: 5_000,
  verdictOn(outcome) {
    if (outcome.kind === 'failed' || outcome.answer.status !== 429) return 'final';
    const afterMs = retryAfterMs(outcome.answer.headers);
    return afterMs === null ? 'again' : { afterMs };
  },
};

const REFUSALS = 8;

type SessionOf = (access: ClusterAccess) => Session;

function connectionOver(first: ClusterAccess, sessionOf: SessionOf, options: ConnectionOptions): Connection {
  const usage = { requests: 0, bytes: 0 };
  let access = first;

  async function headersOf(request: KubeRequest, isRetry: boolean): Promise<OutgoingHttpHeaders> {
    const token = access.token === null ? null : await access.token(isRetry);
    const server = new URL(access.server);
    return {
      ':method': request.method,
      ':path': server.pathname.replace(/\/$/, '') + request.path,
      ':authority': server.host,
      accept: request.accept ?? 'application/json',
      'user-agent': options.userAgent(),
      ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(options.impersonate === null
        ? {}
        : { 'impersonate-user': `system:serviceaccount:${options.impersonate.namespace}:${options.impersonate.name}` }),
    };
  }

  async function sendOnce(request: KubeRequest, isRetry: boolean, signal: AbortSignal): Promise<RawAnswer> {
    const { fence, body } = request;
    const canSend = fence === undefined ? () => true : () => fence.isHeld();
    for (;;) {
      await fence?.ensure(signal);
      const attempt = async () => {
        const headers = await headersOf(request, isRetry);
        const sent = { headers, body, timeoutMs: options.requestTimeoutMs, canSend };
        return sessionOf(access).send(sent, signal);
      };
      const isAnswer = (answered: RawAnswer | 'overdue') => answered !== 'overdue';
      const answer = await followed(options.watched ?? UNWATCHED, attempt, { isAnswer, isFailure: isUnanswered });
      // The request waited so long for a free stream that the fence must be checked again.
      if (answer === 'overdue') continue;
      usage.requests += 1;
      usage.bytes += answer.text.length;
      return answer;
    }
  }

  /**
   * A stale connection (idle, a frozen function, a restarted server) fails only on its next request, which is sent again once.
   * After a certificate of another authority, it is sent again once with renewed access. A request that the server refused
   * before acting on it is sent again more often: nginx ends a connection after a number of requests, and refuses those that
   * come later. None of these retries needs a pause, so the retry policy does not cover them.
   */
  async function sendFresh(request: KubeRequest, isRetry: boolean, signal: AbortSignal): Promise<RawAnswer> {
    for (let tries = 1; ; tries += 1) {
      const used = access;
      const sent = await sendOnce(request, isRetry, signal).catch(asSessionError);
      if (!(sent instanceof SessionError)) return sent;
      const isLast = tries > (sent.failure === 'unsent' ? REFUSALS : 1);
      if (!isLast && sent.failure === 'untrusted' && used.renew !== null) access = await used.renew();
      else if (isLast || !mayResend(sent.failure, request)) throw unreachable(new URL(used.server).host, sent);
    }
  }

  async function send(request: KubeRequest, signal: AbortSignal): Promise<RawAnswer> {
    const answer = await sendFresh(request, false, signal);
    if (answer.status !== 401) return answer;
    const retried = access.token === null ? answer : await sendFresh(request, true, signal);
    if (retried.status === 401) throw unauthorized(new URL(access.server).host);
    return retried;
  }

  return {
    usage,
    async listen(path, onLine, signal) {
      try {
        const headers = await headersOf({ method: 'GET', path, accept: METADATA_ONLY }, false);
        usage.requests += 1;
        return await sessionOf(access).listen({ headers, onLine }, signal);
      } catch {
        // No token: the next request reports it.
        return 0;
      }
    },
    async request(request, signal) {
      const answer = await retry(() => send(request, signal), THROTTLED, { wait: options.wait, signal });
      if (answer.status === 429) throw throttled(new URL(access.server).host, retryAfterMs(answer.headers));
      refuseForeignAnswer(answer, new URL(access.server).host);
      return answerOf(answer);
    },
  };
}

/**
 * A gateway answers with pages, redirects and halves of answers. None of them says anything about a manifest, and none is
 * repeated in a text. The API server itself answers in text only for a path that it does not serve.
 */
function refuseForeignAnswer({ status, text }: RawAnswer, host: string): void {
  const isPage = /^\s*</.test(text);
  const isObject = /^\s*\{/.test(text) && text.trimEnd().endsWith('}');
  if (status < 300 ? isObject : status >= 400 && !isPage) return;
  const what = status >= 300 && status < 400 ? 'a redirect' : isPage ? 'a web page' : 'no complete JSON object';
  throw new DeployError('cluster-broken', {
    subject: host,
    message: `the response is not from the API server: ${what} (HTTP status ${status})`,
    remedy: 'Check the address of the cluster, and any proxy in front of the API server; Headgate retries.',
  });
}

function isUnanswered(thrown: unknown): boolean {
  const isOurs = thrown instanceof SessionError && thrown.failure === 'too-large';
  return !isOurs && !(thrown instanceof DeployError && thrown.code === 'interrupted');
}

function asSessionError(thrown: unknown): SessionError {
  if (thrown instanceof SessionError) return thrown;
  throw thrown;
}

/** May the same request be sent again over another connection? */
function mayResend(failure: SessionFailure, { method, isRepeatable }: KubeRequest): boolean {
  switch (failure) {
    case 'unsent':
      return true;
    case 'cut':
      // All but POST are idempotent: applies and merge patches state the result, deletes name the object.
      return method !== 'POST' || isRepeatable === true;
    case 'unconnected':
    case 'untrusted':
    case 'cut-when-new':
    case 'silent':
    case 'too-large':
      return false;
    default:
      return failure satisfies never;
  }
}

function answerOf({ status, text, headers }: RawAnswer): KubeAnswer {
  const warnings = warningsOf(headers['warning']);
  const date = Date.parse(headers.date ?? '');
  return { status, text, warnings, date: Number.isNaN(date) ? null : date };
}

/** RFC 7234: `299 - "text"`, optionally followed by a date; in the text, `\` escapes a quote and itself. */
const WARNING = /\b\d{3} \S+ "((?:[^"\\]|\\.)*)"/g;

/** The texts of the `Warning` headers of a response; one line may hold several. */
export function warningsOf(header: IncomingHttpHeaders[string]): readonly string[] {
  const lines = Array.isArray(header) ? header : header === undefined ? [] : [header];
  return lines.flatMap((line) => [...line.matchAll(WARNING)].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1')));
}

function unreachable(host: string, cause: SessionError): DeployError {
  return new DeployError('cluster-unreachable', {
    subject: host,
    message: `the API server does not respond: ${cause.message}`,
    remedy:
      'Wait for the retry. If it keeps failing, check the address, the network and the certificate authority of the cluster.',
    cause,
  });
}

function unauthorized(host: string): DeployError {
  return new DeployError('cluster-unauthorized', {
    subject: host,
    message: 'the API server rejected the credentials (401)',
    remedy:
      'Renew the token or client certificate in the kubeconfig; on EKS, check that an access entry names the role. Then run headgate check.',
  });
}

function throttled(host: string, pauseMs: number | null): DeployError {
  return new DeployError('cluster-throttled', {
    subject: host,
    message: 'the API server is throttling requests (429)',
    remedy: 'Wait for the retry.',
    retryAfterMs: pauseMs ?? THROTTLE_PAUSE_MS,
  });
}
