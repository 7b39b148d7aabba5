import type { IncomingHttpHeaders } from 'node:http';
import { DeployError } from '../../error/deploy-error.ts';
import type { GitHost, HostRequest } from '../../githost/port/git-host.ts';
import { sendToHost } from './host-request.ts';
import type { HostAnswer } from './host-request.ts';
import type { Statuses } from '../../deploy/ports/statuses.ts';

export interface StatusesOptions {
  readonly host: GitHost;
  readonly repository: { readonly api: string; readonly fullName: string };
  /** Travels as bearer token, in no text. */
  readonly token: (signal: AbortSignal) => Promise<string>;
  /** PEM of a private certificate authority. */
  readonly ca: string | null;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** One request with its answer: 10 s unless given. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 10_000;
const PAUSES_MS: readonly number[] = [1_000, 4_000, 10_000];
/** GitHub asks for a minute at its secondary limit; a longer wish is not waited for. */
const LONGEST_PAUSE_MS = 60_000;

/** Commit statuses over a Git host's REST API, for one run. */
export function openStatuses(options: StatusesOptions): Statuses {
  const usage = { requests: 0, bytes: 0 };
  return {
    usage,
    async set(revision, status, signal) {
      const request = options.host.statusRequest({ ...options.repository, revision }, status);
      const token = await options.token(signal);
      for (let tries = 0; ; tries += 1) {
        usage.requests += 1;
        const attempt = await attemptOnce(request, { options, token, signal });
        usage.bytes += attempt.bytes;
        if (attempt.kind === 'done') return;
        const pauseMs = attempt.kind === 'later' ? (attempt.pauseMs ?? PAUSES_MS[tries]) : undefined;
        if (pauseMs === undefined || tries >= PAUSES_MS.length || pauseMs > LONGEST_PAUSE_MS) {
          throw unreachable(request, attempt.reason.replaceAll(token, '***'), pauseMs);
        }
        await options.wait(pauseMs, signal).catch((thrown: unknown) => {
          throw interrupted(request, thrown);
        });
      }
    },
  };
}

type Attempt = { readonly bytes: number } & (
  | { readonly kind: 'done' }
  | { readonly kind: 'later'; readonly reason: string; readonly pauseMs: number | null }
  | { readonly kind: 'never'; readonly reason: string }
);

interface Sending {
  readonly options: StatusesOptions;
  readonly token: string;
  readonly signal: AbortSignal;
}

async function attemptOnce(request: HostRequest, sending: Sending): Promise<Attempt> {
  try {
    const { options, token, signal } = sending;
    const headers = { ...request.headers, authorization: `Bearer ${token}` };
    const { ca, deadlineMs = DEADLINE_MS } = options;
    return judge(await sendToHost({ ...request, headers }, { ca, deadlineMs }, signal));
  } catch (thrown) {
    if (sending.signal.aborted) throw interrupted(request, thrown);
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return { kind: 'later', reason: `it does not answer: ${reason}`, pauseMs: null, bytes: 0 };
  }
}

function judge({ status, headers, text }: HostAnswer): Attempt {
  const bytes = Buffer.byteLength(text);
  if (status >= 200 && status < 300) return { kind: 'done', bytes };
  const reason = `it answers ${status}${messageOf(text)}`;
  // Following a redirect would hand the token to whoever it names.
  if (status >= 300 && status < 400) return { kind: 'never', reason: `${reason}, and redirects are refused`, bytes };
  const pauseMs = pauseOf(headers);
  // The secondary rate limit comes as 403 or 429: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
  const isLimit = status === 429 || (status === 403 && (pauseMs !== null || /rate limit/i.test(text)));
  return isLimit || status >= 500 ? { kind: 'later', reason, pauseMs, bytes } : { kind: 'never', reason, bytes };
}

function pauseOf(headers: IncomingHttpHeaders): number | null {
  const seconds = Number(headers['retry-after'] ?? 'none');
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  if (headers['x-ratelimit-remaining'] !== '0') return null;
  const at = Number(headers['x-ratelimit-reset']) * 1000 - Date.parse(headers.date ?? '');
  return Number.isFinite(at) ? Math.max(at, 1_000) : null;
}

/** `: Validation Failed`, from GitHub's `{"message": …}`. */
function messageOf(text: string): string {
  const message = /"message"\s*:\s*"([^"\\]{1,200})/.exec(text)?.[1];
  return message === undefined ? '' : `: ${message}`;
}

function unreachable({ url }: HostRequest, reason: string, retryAfterMs: number | undefined): DeployError {
  return new DeployError('host-unreachable', {
    subject: url,
    message: `the Git host did not take the status: ${reason}`,
    remedy:
      'Check that the credentials of the repository may write commit statuses, or set statuses: false; the deploy itself is not affected.',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
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
