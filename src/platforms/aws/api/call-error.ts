import { DeployError, reasonOf } from '../../../error/deploy-error.ts';

/* Errors of calls that failed. Loaded only in that case. */

interface Called {
  readonly service: string;
  readonly region: string;
}

export function unreachable({ service, region }: Called, cause: unknown): DeployError {
  return new DeployError('aws-unreachable', {
    subject: `${service} in ${region}`,
    message: `AWS does not respond: ${reasonOf(cause)}`,
    remedy: 'Wait for the retry. In a VPC without internet access, create an interface endpoint.',
    cause,
  });
}

export function interrupted({ service }: Called, cause: unknown): DeployError {
  return new DeployError('interrupted', {
    subject: service,
    message: 'the request to AWS was interrupted',
    remedy: 'No action needed: the next run retries.',
    cause,
  });
}
