import type { Credentials, Repository } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { retry } from '../../exchange/retry.ts';
import type { RetryPolicy } from '../../exchange/retry.ts';
import { hostOf } from '../../githost/hosts.ts';
import type { IssuedToken, TokenIssuer, TokenUse } from '../../githost/port/token-issuer.ts';
import { sendToHost } from './host-request.ts';
import type { HostAnswer } from './host-request.ts';

export type AppCredentials = Extract<Credentials, { kind: 'app' }>;

export interface AppTokenOptions {
  readonly privateKeyOf: (credentials: AppCredentials, signal: AbortSignal) => Promise<string>;
  readonly caOf: (repository: Repository) => Promise<string | null>;
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

export type AppTokenOf = (repository: Repository, as: TokenOptions, signal: AbortSignal) => Promise<string>;

interface TokenOptions {
  readonly credentials: AppCredentials;
  readonly use: TokenUse;
}

/** A token is valid for an hour, and must stay valid for a whole run. */
const SPARE_MS = 5 * 60_000;
const DEADLINE_MS = 10_000;

const RETRIES: RetryPolicy<HostAnswer> = {
  pausesMs: [500, 2_000],
  verdictOn(outcome) {
    const isFinal = outcome.kind === 'failed' ? outcome.cause instanceof DeployError : !isPassing(outcome.answer);
    return isFinal ? 'final' : 'again';
  },
};

/** Installation tokens, one per repository and use, valid only for it, cached until shortly before they expire. */
export function appTokens(options: AppTokenOptions): AppTokenOf {
  const kept = new Map<string, Promise<IssuedToken>>();

  function renew(repository: Repository, as: TokenOptions, signal: AbortSignal): Promise<IssuedToken> {
    const token = requestToken(repository, as, { options, signal });
    const key = keyOf(repository, as);
    kept.set(key, token);
    token.catch(() => kept.delete(key));
    return token;
  }

  return async function tokenOf(repository, as, signal) {
    const key = keyOf(repository, as);
    const first = kept.get(key);
    const known = await (first ?? renew(repository, as, signal));
    if (options.nowMs() < known.expiresAtMs - SPARE_MS) return known.token;
    // Another caller may have renewed it meanwhile.
    const newer = kept.get(key);
    const again = newer === undefined || newer === first ? renew(repository, as, signal) : newer;
    return (await again).token;
  };
}

function keyOf({ name }: Repository, { use }: TokenOptions): string {
  return `${name}/${use}`;
}

async function requestToken(
  repository: Repository,
  { credentials, use }: TokenOptions,
  { options, signal }: { options: AppTokenOptions; signal: AbortSignal },
): Promise<IssuedToken> {
  const { api, fullName, id, statuses, pullRequests } = repository;
  const issuer = await hostOf(repository).loadIssuer?.();
  if (issuer === undefined || api === null) throw new TypeError('the host has no Apps');
  const subject = issuer.nameOf(credentials);
  const [privateKey, ca] = await Promise.all([options.privateKeyOf(credentials, signal), options.caOf(repository)]);
  const attempt = () => {
    const by = { privateKey, nowMs: options.nowMs() };
    const request = issuer.tokenRequest(
      credentials,
      { use, api, fullName, id, statuses, pullRequests: pullRequests.plan },
      by,
    );
    return sendToHost(request, { ca, deadlineMs: DEADLINE_MS }, signal);
  };
  const answer = await retry(attempt, RETRIES, { wait: options.wait, signal }).catch((cause: unknown) => {
    if (cause instanceof DeployError) throw cause;
    throw unreachable(subject, { cause });
  });
  const token = answer.status === 201 ? issuer.parseToken(answer.text) : null;
  if (token !== null) return token;
  throw isPassing(answer) ? unreachable(subject, answer) : refused(subject, answer, issuer);
}

function isPassing({ status }: HostAnswer): boolean {
  return status >= 500 || status === 429;
}

function refused(subject: string, { status, text }: HostAnswer, issuer: TokenIssuer): DeployError {
  const reason = issuer.messageOf(text);
  return new DeployError('git-unauthorized', {
    subject,
    message: `the Git host refused a token: status ${status}${reason === null ? '' : `: ${reason}`}`,
    remedy: issuer.remedyOf(status),
  });
}

function unreachable(subject: string, answer: HostAnswer | { readonly cause: unknown }): DeployError {
  const why =
    'status' in answer
      ? `status ${answer.status}`
      : answer.cause instanceof Error
        ? answer.cause.message
        : 'no response';
  return new DeployError('host-unreachable', {
    subject,
    message: `the Git host did not issue a token: ${why}`,
    remedy: 'Wait for the retry, and check that api of the repository is reachable.',
    ...('cause' in answer ? { cause: answer.cause } : {}),
  });
}
