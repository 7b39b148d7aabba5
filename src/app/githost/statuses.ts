import type { Statuses } from '../../deploy/ports/statuses.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { retry, retryAfterMs } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
import type { GitHost, HostRequest } from '../../githost/port/git-host.ts';
import { sendToHost } from './host-request.ts';
import type { HostAnswer } from './host-request.ts';

export interface StatusesOptions {
  readonly host: GitHost;
  readonly repository: { readonly api: string; readonly fullName: string };
  /** Sent as bearer token; never part of a message. */
  readonly token: (signal: AbortSignal) => Promise<string>;
  /** PEM of a private certificate authority. */
  readonly ca: string | null;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** For one request and its response; default 10 s. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 10_000;

const RETRIES: RetryPolicy<HostAnswer> = {
  pausesMs: [1_000, 4_000, 10_000],
  // GitHub's secondary limit requires a pause of a minute.
  longestPauseMs: 60_000,
  verdictOn(outcome) {
    if (outcome.kind === 'failed') return 'again';
    if (outcome.answer.status < 500 && !isLimit(outcome.answer)) return 'final';
    const afterMs = requestedPauseMs(outcome.answer);
    return afterMs === null ? 'again' : { afterMs };
  },
};

/** Commit statuses over a Git host's REST API, for one run. */
export function openStatuses(options: StatusesOptions): Statuses {
  const usage = { requests: 0, bytes: 0 };
  const { ca, deadlineMs = DEADLINE_MS, wait } = options;

  async function send(request: HostRequest, signal: AbortSignal): Promise<HostAnswer> {
    usage.requests += 1;
    const answer = await sendToHost(request, { ca, deadlineMs }, signal);
    usage.bytes += answer.bytes;
    return answer;
  }

  return {
    usage,
    async set(revision, status, signal) {
      const unsigned = options.host.statusRequest({ ...options.repository, revision }, status);
      const token = await options.token(signal);
      const request = { ...unsigned, headers: { ...unsigned.headers, authorization: `Bearer ${token}` } };
      const sent = retry(() => send(request, signal), RETRIES, { wait, signal });
      const answer = await sent.catch((cause: unknown) => {
        if (signal.aborted) throw interrupted(request, cause);
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw notAccepted(request, { reason: `no response: ${reason}`.replaceAll(token, '***') });
      });
      if (answer.status < 200 || answer.status >= 300) throw refusal(request, answer, token);
    },
  };
}

/** The secondary rate limit is a 403 or 429: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
function isLimit(answer: HostAnswer): boolean {
  const { status, text } = answer;
  return status === 429 || (status === 403 && (requestedPauseMs(answer) !== null || /rate limit/i.test(text)));
}

function requestedPauseMs({ headers }: HostAnswer): number | null {
  const afterMs = retryAfterMs(headers);
  if (afterMs !== null || headers['x-ratelimit-remaining'] !== '0') return afterMs;
  const at = Number(headers['x-ratelimit-reset']) * 1000 - Date.parse(headers.date ?? '');
  return Number.isFinite(at) ? Math.max(at, 1_000) : null;
}

function refusal(request: HostRequest, answer: HostAnswer, token: string): DeployError {
  const isRedirect = answer.status >= 300 && answer.status < 400;
  const redirect = isRedirect ? ', and redirects are not followed' : '';
  const reason = `status ${answer.status}${messageOf(answer.text)}${redirect}`;
  const isPassing = answer.status >= 500 || isLimit(answer);
  return notAccepted(request, {
    reason: reason.replaceAll(token, '***'),
    afterMs: isPassing ? requestedPauseMs(answer) : null,
  });
}

/** `: Validation Failed`, from GitHub's `{"message": …}`. */
function messageOf(text: string): string {
  const message = /"message"\s*:\s*"([^"\\]{1,200})/.exec(text)?.[1];
  return message === undefined ? '' : `: ${message}`;
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
