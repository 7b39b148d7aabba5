import { DeployError, reasonOf } from '../../error/deploy-error.ts';
import { ExchangeError } from '../../exchange/exchange.ts';
import { retry, retryAfterMs } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
import type { Server } from '../../exchange/servers.ts';
import type { HostApi, HostRequest } from '../../githost/port/host-api.ts';
import { sendToHost } from './host-request.ts';
import type { HostAnswer } from './host-request.ts';

export interface HostAccess {
  readonly host: HostApi;
  /** Sent as the host expects it; never part of a message. */
  readonly token: (signal: AbortSignal) => Promise<string>;
  /** PEM of a private certificate authority. */
  readonly ca: string | null;
  readonly watched?: Server;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** For one request and its response; default 10 s. */
  readonly deadlineMs?: number;
  /** Of a response; default 1 MiB. */
  readonly bodyLimitBytes?: number;
}

/** Why a request was not accepted, without the token. */
export interface RefusedRequest {
  readonly request: HostRequest;
  /** Null: no response arrived. */
  readonly status: number | null;
  readonly reason: string;
  /** The pause that the host requests; null: it requests none, or the error is not temporary. */
  readonly afterMs: number | null;
}

export interface RequestPolicy {
  /** What was interrupted: `writing the status`. */
  readonly what: string;
  /** Sent again after no response or a 5xx. What a rate limit refused is sent again in any case. */
  readonly isRepeatable: boolean;
  readonly isAccepted: (answer: HostAnswer) => boolean;
  readonly failure: (refused: RefusedRequest) => DeployError;
}

/** Requests to the REST API of one Git host, for one run, with its rate limits and retries. */
export interface HostClient {
  readonly usage: { readonly requests: number; readonly bytes: number };
  send(request: HostRequest, sending: RequestPolicy, signal: AbortSignal): Promise<HostAnswer>;
}

const DEADLINE_MS = 10_000;

export function openHostClient({ host, token, wait, ...access }: HostAccess): HostClient {
  const usage = { requests: 0, bytes: 0 };
  const exchange = { deadlineMs: DEADLINE_MS, ...access };

  async function attempt(request: HostRequest, signal: AbortSignal): Promise<HostAnswer> {
    usage.requests += 1;
    const answer = await sendToHost(request, exchange, signal);
    usage.bytes += answer.bytes;
    return answer;
  }

  return {
    usage,
    async send(request, { what, isRepeatable, isAccepted, failure }, signal) {
      const secret = await token(signal);
      const signed = { ...request, headers: { ...request.headers, authorization: host.authorizationOf(secret) } };
      const refuse = (refused: Omit<RefusedRequest, 'request'>) =>
        failure({ ...refused, request, reason: refused.reason.replaceAll(secret, '***') });
      const policy = retriesOf(host, isRepeatable);
      const answer = await retry(() => attempt(signed, signal), policy, { wait, signal }).catch((cause: unknown) => {
        if (signal.aborted) throw interrupted(what, request, cause);
        throw refuse({ status: null, reason: `no response: ${reasonOf(cause)}`, afterMs: null });
      });
      if (isAccepted(answer)) return answer;
      throw refuse({ status: answer.status, reason: reasonIn(answer, host), afterMs: pauseOf(answer, host) });
    },
  };
}

function retriesOf(host: HostApi, isRepeatable: boolean): RetryPolicy<HostAnswer> {
  const repeated = isRepeatable ? 'again' : 'final';
  return {
    pausesMs: [1_000, 4_000, 10_000],
    // Many rate limits are per minute.
    longestPauseMs: 60_000,
    verdictOn(outcome) {
      if (outcome.kind === 'failed') return isTooLarge(outcome.cause) ? 'final' : repeated;
      const { answer } = outcome;
      const isLimit = host.rateLimitOf(answer) !== null;
      if (answer.status < 500 && !isLimit) return 'final';
      if (!isLimit && !isRepeatable) return 'final';
      const afterMs = requestedPauseMs(answer, host);
      return afterMs === null ? 'again' : { afterMs };
    },
  };
}

/** A repeated request would get a response of the same size. */
function isTooLarge(cause: unknown): boolean {
  return cause instanceof ExchangeError && cause.failure === 'too-large';
}

function pauseOf(answer: HostAnswer, host: HostApi): number | null {
  const isTemporary = answer.status >= 500 || host.rateLimitOf(answer) !== null;
  return isTemporary ? requestedPauseMs(answer, host) : null;
}

function requestedPauseMs(answer: HostAnswer, host: HostApi): number | null {
  return retryAfterMs(answer.headers) ?? host.rateLimitOf(answer)?.resetMs ?? null;
}

function reasonIn({ status, text }: HostAnswer, host: HostApi): string {
  const message = host.messageOf(text);
  const redirect = status >= 300 && status < 400 ? ', and redirects are not followed' : '';
  return `status ${status}${message === null ? '' : `: ${message}`}${redirect}`;
}

function interrupted(what: string, { url }: HostRequest, cause: unknown): DeployError {
  return new DeployError('interrupted', {
    subject: url,
    message: `${what} was interrupted`,
    remedy: 'No action needed: the next run repeats it.',
    cause,
  });
}
