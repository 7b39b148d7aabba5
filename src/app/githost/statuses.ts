import type { Statuses } from '../../deploy/ports/statuses.ts';
import { DeployError, reasonOf } from '../../error/deploy-error.ts';
import { retry, retryAfterMs } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
import { sendToHost } from './host-request.ts';
import type { HostAnswer } from './host-request.ts';
import type { Server } from '../../exchange/servers.ts';
import type { HostRequest, HostApi, RepositoryLocation } from '../../githost/port/host-api.ts';

export interface StatusesOptions {
  readonly host: HostApi;
  readonly repository: RepositoryLocation;
  /** Sent as the host expects it; never part of a message. */
  readonly token: (signal: AbortSignal) => Promise<string>;
  /** PEM of a private certificate authority. */
  readonly ca: string | null;
  readonly watched?: Server;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** For one request and its response; default 10 s. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 10_000;

function retriesOf(host: HostApi): RetryPolicy<HostAnswer> {
  return {
    pausesMs: [1_000, 4_000, 10_000],
    // Many rate limits are per minute.
    longestPauseMs: 60_000,
    verdictOn(outcome) {
      if (outcome.kind === 'failed') return 'again';
      if (!isTemporary(outcome.answer, host)) return 'final';
      const afterMs = requestedPauseMs(outcome.answer, host);
      return afterMs === null ? 'again' : { afterMs };
    },
  };
}

/** Commit statuses over a Git host's REST API, for one run. */
export function openStatuses(options: StatusesOptions): Statuses {
  const usage = { requests: 0, bytes: 0 };
  const { host, ca, watched, deadlineMs = DEADLINE_MS, wait } = options;
  const retries = retriesOf(host);

  async function send(request: HostRequest, signal: AbortSignal): Promise<HostAnswer> {
    usage.requests += 1;
    const answer = await sendToHost(request, { ca, deadlineMs, ...(watched === undefined ? {} : { watched }) }, signal);
    usage.bytes += answer.bytes;
    return answer;
  }

  return {
    usage,
    async set(revision, status, signal) {
      const unsigned = host.statusRequest({ ...options.repository, revision }, status);
      const token = await options.token(signal);
      const request = { ...unsigned, headers: { ...unsigned.headers, authorization: host.authorizationOf(token) } };
      const sent = retry(() => send(request, signal), retries, { wait, signal });
      const answer = await sent.catch((cause: unknown) => {
        if (signal.aborted) throw interrupted(request, cause);
        const reason = reasonOf(cause);
        throw notAccepted(request, { reason: `no response: ${reason}`.replaceAll(token, '***') });
      });
      if (!host.isStatusSet(answer)) throw refusal(request, answer, { host, token });
    },
  };
}

function isTemporary(answer: HostAnswer, host: HostApi): boolean {
  return answer.status >= 500 || host.rateLimitOf(answer) !== null;
}

function requestedPauseMs(answer: HostAnswer, host: HostApi): number | null {
  return retryAfterMs(answer.headers) ?? host.rateLimitOf(answer)?.resetMs ?? null;
}

function refusal(
  request: HostRequest,
  answer: HostAnswer,
  { host, token }: { readonly host: HostApi; readonly token: string },
): DeployError {
  const { status, text } = answer;
  const message = host.messageOf(text);
  const isRedirect = status >= 300 && status < 400;
  const redirect = isRedirect ? ', and redirects are not followed' : '';
  const reason = `status ${status}${message === null ? '' : `: ${message}`}${redirect}`;
  return notAccepted(request, {
    reason: reason.replaceAll(token, '***'),
    afterMs: isTemporary(answer, host) ? requestedPauseMs(answer, host) : null,
  });
}

function notAccepted(
  { url }: HostRequest,
  { reason, afterMs = null }: { readonly reason: string; readonly afterMs?: number | null },
): DeployError {
  return new DeployError('host-unreachable', {
    subject: url,
    message: `the Git host did not accept the status: ${reason}`,
    remedy:
      'Allow the credentials of the repository to write commit statuses, or set statuses: false. The deploy itself is not affected.',
    ...(afterMs === null ? {} : { retryAfterMs: afterMs }),
  });
}

function interrupted({ url }: HostRequest, cause: unknown): DeployError {
  return new DeployError('interrupted', {
    subject: url,
    message: 'writing the status was interrupted',
    remedy: 'Nothing to do: the next run of the target writes it again.',
    cause,
  });
}
