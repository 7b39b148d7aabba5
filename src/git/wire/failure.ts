import { DeployError } from '../../error/deploy-error.ts';
import type { ExchangeError, HttpAnswer } from '../../exchange/exchange.ts';
import { retryAfterMs } from '../../exchange/retry.ts';
import { gitError } from './git-error.ts';

/* Errors of requests that failed. Loaded only in that case. */

export function failureOf(cause: ExchangeError, subject: string): DeployError {
  switch (cause.failure) {
    case 'aborted':
      return new DeployError('interrupted', {
        subject,
        message: 'reading Git was interrupted',
        remedy: 'No action needed: the next run reads it again.',
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

/** The error for an answer whose status is not 200. */
export function statusError({ status, headers }: HttpAnswer, subject: string): DeployError {
  if (status >= 300 && status < 400) {
    return new DeployError('git-unauthorized', {
      subject,
      message: `the Git host redirects, which is not allowed: status ${status}`,
      remedy: 'Set url in headgate.yml to the new address of the repository.',
    });
  }
  if ([401, 403, 404].includes(status))
    return gitError('git-unauthorized', { subject, message: `the Git host denies access: status ${status}` });
  if (status === 429 || status >= 500) {
    const afterMs = retryAfterMs(headers);
    return gitError('git-unreachable', {
      subject,
      message: `the Git host failed: status ${status}`,
      ...(afterMs === null ? {} : { retryAfterMs: afterMs }),
    });
  }
  return gitError('git-protocol', { subject, message: `the Git host returned an unexpected status: ${status}` });
}
