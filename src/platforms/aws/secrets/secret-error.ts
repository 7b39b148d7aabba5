import { DeployError } from '../../../error/deploy-error.ts';
import type { AwsAnswer } from '../api/request.ts';

const MISSING = /ParameterNotFound|ParameterVersionNotFound|ResourceNotFoundException/;
const ERROR_TYPE = /"__type"\s*:\s*"(?:[^"#]*#)?([A-Za-z]{1,80})"/;

export const isMissing = (errorType: string) => MISSING.test(errorType);

export function secretMissing(subject: string, what: string): DeployError {
  return new DeployError('secret-missing', {
    subject,
    message: `the secret ${subject} ${what}`,
    remedy: `Store it with headgate secret set ${subject}, or fix the reference in headgate.yml.`,
  });
}

/** `ResourceNotFoundException`; the status if the service does not name its error. Holds nothing of the secret. */
export function errorTypeOf({ status, text }: AwsAnswer): string {
  return ERROR_TYPE.exec(text)?.[1] ?? `status ${status}`;
}

/** Omits the service's message: only the error type is sure to hold nothing of the secret. */
export function secretRefused(subject: string, answer: AwsAnswer, permission: string): DeployError {
  const kind = errorTypeOf(answer);
  if (isMissing(kind)) return secretMissing(subject, 'does not exist');
  return new DeployError(answer.status >= 500 ? 'aws-unreachable' : 'aws-unauthorized', {
    subject,
    message: `the secret ${subject} cannot be read (${kind})`,
    remedy: `Grant ${permission} on it to the identity that runs Headgate, and kms:Decrypt if its key is customer managed.`,
  });
}
