import { DeployError } from '../../error/deploy-error.ts';
import type { ErrorCode } from '../../error/deploy-error.ts';
import { ExchangeError } from '../../exchange/exchange.ts';
import type { HttpAnswer } from '../../exchange/exchange.ts';
import { retryAfterMs } from '../../exchange/retry.ts';

type RegistryCode = Extract<ErrorCode, `registry-${string}`>;

const REMEDIES: Readonly<Record<RegistryCode, string>> = {
  'registry-unreachable':
    'No action needed: the next poll retries. If the error persists, check the registry and its rate limits.',
  'registry-unauthorized':
    'Check the name of the image, and that its credentials in headgate.yml may read it and have not expired.',
  'registry-protocol':
    'Check that image in headgate.yml names a container registry that implements the OCI distribution API.',
  'registry-limit': 'Delete old tags in the registry, or write images to a repository with fewer tags.',
};

export function registryError(
  code: RegistryCode,
  what: {
    readonly subject: string;
    readonly message: string;
    readonly cause?: unknown;
    readonly retryAfterMs?: number;
  },
): DeployError {
  return new DeployError(code, { ...what, remedy: REMEDIES[code] });
}

/** Why a request has no answer. */
export function failureOf(thrown: unknown, subject: string): unknown {
  if (!(thrown instanceof ExchangeError)) return thrown;
  switch (thrown.failure) {
    case 'aborted':
      return new DeployError('interrupted', {
        subject,
        message: 'reading the registry was interrupted',
        remedy: 'No action needed: the next poll retries.',
        cause: thrown,
      });
    case 'too-large':
      return registryError('registry-limit', {
        subject,
        message: `the answer of the registry is too large: ${thrown.message}`,
        cause: thrown,
      });
    case 'stale':
    case 'unanswered':
      return registryError('registry-unreachable', {
        subject,
        message: `the registry does not respond: ${thrown.message}`,
        cause: thrown,
      });
    default:
      return thrown.failure satisfies never;
  }
}

/** Why an answer is not the one that was wanted. Of its body, only the registry's code is shown. */
export function refusalOf({ status, headers, body }: HttpAnswer, subject: string): DeployError {
  const shown = `status ${status}${codeIn(body)}`;
  if ([401, 403, 404].includes(status)) {
    const what = status === 404 ? 'does not have this image, or hides it' : 'denies access';
    return registryError('registry-unauthorized', { subject, message: `the registry ${what}: ${shown}` });
  }
  if (status === 429 || status >= 500) {
    const afterMs = retryAfterMs(headers);
    return registryError('registry-unreachable', {
      subject,
      message: status === 429 ? `the registry limits the rate of requests: ${shown}` : `the registry failed: ${shown}`,
      ...(afterMs === null ? {} : { retryAfterMs: afterMs }),
    });
  }
  return registryError('registry-protocol', {
    subject,
    message: `the registry returned an unexpected response: ${shown}`,
  });
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
function codeIn(body: Buffer): string {
  const code = /"code"\s*:\s*"([A-Z_]{1,40})"/.exec(body.subarray(0, 4096).toString('latin1'))?.[1];
  return code === undefined ? '' : ` ${code}`;
}
