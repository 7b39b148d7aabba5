import { exchange, ExchangeError } from '../../exchange/exchange.ts';
import type { HttpAgents, HttpAnswer, HttpRequest } from '../../exchange/exchange.ts';
import { followed, UNWATCHED } from '../../exchange/servers.ts';
import type { Server } from '../../exchange/servers.ts';
import { atOnce, retry } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
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
 * The version of Git's protocol. `assumed`: 2, until the advertisement, read after a failure, shows otherwise; so a server that
 * speaks it gets no additional request. `unknown`: the advertisement is read first.
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
export function post(server: GitServer, body: string, signal: AbortSignal): Promise<Buffer> {
  const headers = {
    'content-type': 'application/x-git-upload-pack-request',
    accept: 'application/x-git-upload-pack-result',
    'git-protocol': 'version=2',
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
  const answer = await retry(send, policy, { wait: atOnce, signal }).catch(async (thrown: unknown) => {
    if (!(thrown instanceof ExchangeError)) throw thrown;
    throw (await import('./failure.ts')).failureOf(thrown, server.url);
  });
  if (answer.status === 200) return answer.body;
  throw (await import('./failure.ts')).statusError(answer, server.url);
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

/** What no message may show: a server may echo the request. */
export function secretsOf(server: Pick<GitServer, 'login'>): readonly string[] {
  const login = loginOf(server);
  return login === null ? [] : [login.token, basicAuthorization(login)];
}

function loginOf({ login }: Pick<GitServer, 'login'>): GitLogin | null {
  return typeof login === 'function' ? login() : login;
}

function basicAuthorization({ user, token }: GitLogin): string {
  return Buffer.from(`${user}:${token}`).toString('base64');
}
