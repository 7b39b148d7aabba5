import { isLoopback } from '../../config/written/address.ts';
import { exchange, ExchangeError } from '../../exchange/exchange.ts';
import type { HttpAgents, HttpAnswer } from '../../exchange/exchange.ts';
import { retry, retryAfterMs } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
import { failureOf, registryError } from './registry-error.ts';

export interface RegistryConnection {
  readonly agents: HttpAgents;
  readonly userAgent: string;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface Request {
  readonly method: 'GET' | 'HEAD';
  readonly url: URL;
  readonly accept: string;
  /** Sent to the host of `url`, and to no other. */
  readonly authorization: string | null;
  readonly bodyLimitBytes: number;
  /** The image, for errors. */
  readonly subject: string;
}

export interface Answered extends HttpAnswer {
  /** Of the address that answered, after redirects. */
  readonly origin: string;
}

const DEADLINE_MS = 30_000;
const SILENCE_MS = 15_000;
const MAX_REDIRECTS = 3;

/** A poll is repeated anyway, so a registry that requests a longer pause is left alone until then. */
const POLICY: RetryPolicy<HttpAnswer> = {
  pausesMs: [500, 2000],
  longestPauseMs: 5000,
  verdictOn(outcome) {
    if (outcome.kind === 'failed') {
      return outcome.cause instanceof ExchangeError && ['stale', 'unanswered'].includes(outcome.cause.failure)
        ? 'again'
        : 'final';
    }
    const { status, headers } = outcome.answer;
    if (status !== 429 && status < 500) return 'final';
    const afterMs = retryAfterMs(headers);
    return afterMs === null ? 'again' : { afterMs };
  },
};

/**
 * Sends one request to a registry and follows its redirects: `registry.k8s.io` answers with another host. Credentials are not
 * sent to another host, or to one without TLS. @throws DeployError
 */
export async function send(request: Request, connection: RegistryConnection, signal: AbortSignal): Promise<Answered> {
  let { url, authorization } = request;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await sendOnce({ ...request, url, authorization }, connection, signal);
    const location = [301, 302, 303, 307, 308].includes(answer.status) ? (answer.headers.location ?? null) : null;
    if (location === null) return { ...answer, origin: url.origin };
    const { subject } = request;
    if (redirects === MAX_REDIRECTS)
      throw registryError('registry-protocol', {
        subject,
        message: `the registry redirects more than ${MAX_REDIRECTS} times`,
      });
    const next = URL.parse(location, url.href);
    if (next === null || !isProtected(next, url))
      throw registryError('registry-protocol', {
        subject,
        message: 'the registry redirects to an address without TLS',
      });
    if (next.origin !== url.origin) authorization = null;
    url = next;
  }
}

/** With TLS, or on this machine if what names it is. */
export function isProtected(url: URL, namedBy: URL): boolean {
  if (url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (isLoopback(url.hostname) && namedBy.protocol === 'http:');
}

async function sendOnce(
  { method, url, accept, authorization, bodyLimitBytes, subject }: Request,
  { agents, userAgent, wait }: RegistryConnection,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const headers = {
    accept,
    'user-agent': userAgent,
    ...(authorization === null ? {} : { authorization }),
  };
  const options = { agents, ca: null, deadlineMs: DEADLINE_MS, silenceMs: SILENCE_MS, bodyLimitBytes };
  try {
    return await retry(() => exchange({ method, url, headers, body: null }, options, signal), POLICY, { wait, signal });
  } catch (thrown) {
    throw failureOf(thrown, subject);
  }
}
