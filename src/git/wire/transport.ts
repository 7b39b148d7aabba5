import { DeployError } from '../../error/deploy-error.ts';
import { exchange, ExchangeError } from '../../exchange/exchange.ts';
import type { HttpAgents, HttpAnswer, HttpRequest } from '../../exchange/exchange.ts';
import { followed, UNWATCHED } from '../../exchange/servers.ts';
import type { Server } from '../../exchange/servers.ts';
import { atOnce, retry, retryAfterMs } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
import { gitError } from './git-error.ts';
import type { GitLimits } from './limits.ts';

/**
 * What a server cannot do, as far as its answers have shown. A process keeps it for each server, so that a run does not find it
 * out again.
 */
export interface ServerTraits {
  /** False once it has refused one in words. Responses without filters are larger but equally correct. */
  hasFilters: boolean;
  /** JGit (Gerrit and others) counts depth from a wanted tree, so `tree:0` omits it. Found out by the first empty pack. */
  treeAlone: 'tree:0' | 'tree:1';
  /** False: it refuses wants of trees and files, as JGit does without filters. Whole commits are fetched and compared here. */
  servesTrees: boolean;
  protocol: Protocol;
}

/**
 * The version of Git's protocol. `assumed`: 2, and the advertisement shows otherwise after a failure, so that no server that
 * speaks it needs a request more. `unknown`: the advertisement is read first.
 */
export type Protocol =
  { readonly version: 'assumed' | 'unknown' | 2 } | { readonly version: 0; readonly capabilities: ReadonlySet<string> };

export function newTraits(version: 'assumed' | 'unknown' = 'assumed'): ServerTraits {
  return { hasFilters: true, treeAlone: 'tree:0', servesTrees: true, protocol: { version } };
}

export interface GitLogin {
  readonly user: string;
  readonly token: string;
}

export interface GitServer {
  /** Without user or password. */
  readonly url: string;
  /** Sent as Basic authentication, never part of the URL or a message; null: nothing is sent. A function: for each request, because it expires. */
  readonly login: GitLogin | (() => GitLogin) | null;
  /** PEM of a private certificate authority; null: public ones. */
  readonly ca: string | null;
  readonly userAgent: string;
  /** From the caller, so that connections outlive a run. */
  readonly agents: HttpAgents;
  /** Notes whether it answers. Default: it is not noted. */
  readonly watched?: Server;
  readonly limits: GitLimits;
  /** Shared by the runs of a process. Default: found out again by each reader. */
  readonly traits?: ServerTraits;
}

/** A fetch may be sent twice. The queue retries other failures. */
const STALE_ONCE: RetryPolicy<HttpAnswer> = {
  pausesMs: [0],
  verdictOn: (outcome) =>
    outcome.kind === 'failed' && outcome.cause instanceof ExchangeError && outcome.cause.failure === 'stale'
      ? 'again'
      : 'final',
};

const NEVER: RetryPolicy<HttpAnswer> = { pausesMs: [], verdictOn: () => 'final' };

/** One POST to git-upload-pack. The response is buffered, up to the limit. */
export function post(
  server: GitServer,
  { body, version }: { readonly body: string; readonly version: 0 | 2 },
  signal: AbortSignal,
): Promise<Buffer> {
  const headers = {
    'content-type': 'application/x-git-upload-pack-request',
    accept: 'application/x-git-upload-pack-result',
    ...(version === 2 ? { 'git-protocol': 'version=2' } : {}),
  };
  return ask(server, { method: 'POST', path: 'git-upload-pack', headers, body, mayRepeat: true }, signal);
}

export interface GitRequest extends Pick<HttpRequest, 'method' | 'headers' | 'body'> {
  /** Below the URL of the repository. */
  readonly path: string;
  /** A request that a closed connection may have lost is sent once more. */
  readonly mayRepeat: boolean;
}

/** One request to a repository. The response is buffered, up to the limit. */
export async function ask(server: GitServer, what: GitRequest, signal: AbortSignal): Promise<Buffer> {
  const { method, path, body } = what;
  const url = new URL(`${server.url.replace(/\/$/, '')}/${path}`);
  const request = { method, url, headers: { ...headersOf(server), ...what.headers }, body };
  const { agents, ca, limits, watched = UNWATCHED } = server;
  const options = {
    agents,
    ca,
    deadlineMs: limits.requestMs,
    silenceMs: limits.silenceMs,
    leastThroughput: limits.leastThroughput,
    bodyLimitBytes: limits.responseBytes,
  };
  const send = () =>
    followed(watched, (received) => exchange(request, { ...options, received }, signal), {
      isFailure: isUnanswered,
    });
  const policy = what.mayRepeat ? STALE_ONCE : NEVER;
  const answer = await retry(send, policy, { wait: atOnce, signal }).catch((thrown: unknown) =>
    Promise.reject(thrown instanceof ExchangeError ? failureOf(thrown, server.url) : thrown),
  );
  refuseStatus(answer, server.url);
  return answer.body;
}

function isUnanswered(thrown: unknown): boolean {
  return thrown instanceof ExchangeError && thrown.failure === 'unanswered';
}

function headersOf(server: GitServer): Record<string, string> {
  const login = loginOf(server);
  return {
    'user-agent': server.userAgent,
    ...(login === null ? {} : { authorization: `Basic ${basicAuthorization(login)}` }),
  };
}

export function loginOf({ login }: Pick<GitServer, 'login'>): GitLogin | null {
  return typeof login === 'function' ? login() : login;
}

export function basicAuthorization({ user, token }: GitLogin): string {
  return Buffer.from(`${user}:${token}`).toString('base64');
}

function failureOf(cause: ExchangeError, subject: string): DeployError {
  switch (cause.failure) {
    case 'aborted':
      return new DeployError('interrupted', {
        subject,
        message: 'reading Git was interrupted',
        remedy: 'Nothing to do: the next run reads it again.',
        cause,
      });
    case 'too-large':
      return gitError('git-limit', { subject, message: cause.message, cause });
    case 'stale':
    case 'unanswered':
      return gitError('git-unreachable', {
        subject,
        message: `the Git host does not respond: ${cause.message}`,
        cause,
      });
    default:
      return cause.failure satisfies never;
  }
}

function refuseStatus({ status, headers }: HttpAnswer, subject: string): void {
  if (status === 200) return;
  if (status >= 300 && status < 400) {
    throw new DeployError('git-unauthorized', {
      subject,
      message: `the Git host redirects, which is not allowed: status ${status}`,
      remedy: 'Set url in headgate.yml to the new address of the repository.',
    });
  }
  if ([401, 403, 404].includes(status))
    throw gitError('git-unauthorized', { subject, message: `the Git host denies access: status ${status}` });
  if (status === 429 || status >= 500) {
    const afterMs = retryAfterMs(headers);
    throw gitError('git-unreachable', {
      subject,
      message: `the Git host failed: status ${status}`,
      ...(afterMs === null ? {} : { retryAfterMs: afterMs }),
    });
  }
  throw gitError('git-protocol', { subject, message: `the Git host returned an unexpected status: ${status}` });
}
