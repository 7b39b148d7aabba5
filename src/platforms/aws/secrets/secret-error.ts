import { DeployError } from '../../../error/deploy-error.ts';
import type { AwsAnswer } from '../api/request.ts';

const MISSING = /ParameterNotFound|ParameterVersionNotFound|ResourceNotFoundException/;
const ERROR_TYPE = /"__type"\s*:\s*"(?:[^"#]*#)?([A-Za-z]{1,80})"/;

export function secretMissing(subject: string, what: string): DeployError {
  return new DeployError('secret-missing', {
    subject,
    message: `the secret ${subject} ${what}`,
    remedy: 'Put the secret there, or mend the reference in headgate.yml.',
  });
}

/** The service's own message is left out: only its kind is known to hold nothing of the secret. */
export function secretRefused(subject: string, { status, text }: AwsAnswer, permission: string): DeployError {
  const kind = ERROR_TYPE.exec(text)?.[1] ?? `status ${status}`;
  if (MISSING.test(kind)) return secretMissing(subject, 'does not exist');
  return new DeployError(status >= 500 ? 'aws-unreachable' : 'aws-unauthorized', {
    subject,
    message: `the secret ${subject} cannot be read (${kind})`,
    remedy: `Allow ${permission} on it to whoever runs Headgate, and kms:Decrypt on its key if that is your own.`,
  });
}
