import { DeployError } from '../../../error/deploy-error.ts';

const UNAUTHORIZED = new Set(['AccessDenied', 'AccessDeniedException', 'InvalidClientTokenId', 'ExpiredToken']);

/** An error of the SDK's client. */
export function stackError(name: string, cause: unknown): DeployError {
  if (cause instanceof DeployError) return cause;
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const isUnauthorized = UNAUTHORIZED.has(error.name);
  return new DeployError(isUnauthorized ? 'aws-unauthorized' : 'aws-unreachable', {
    subject: `stack ${name}`,
    message: `${error.name}: ${error.message}`,
    remedy: isUnauthorized
      ? 'Sign in with permissions for CloudFormation and for what the stack creates; docs/aws.md lists them.'
      : 'Try again; nothing is done twice.',
    cause,
  });
}

export function templateRejected(name: string, reason: string): DeployError {
  return new DeployError('aws-unauthorized', {
    subject: `stack ${name}`,
    message: `CloudFormation rejected the template: ${reason}`,
    remedy: 'Fix the cause, then run headgate bootstrap again.',
  });
}

export function rolledBack(name: string, status: string, reasons: readonly string[]): DeployError {
  return new DeployError('aws-unauthorized', {
    subject: `stack ${name}`,
    message: [`the operation ended as ${status}`, ...reasons].join('; '),
    remedy:
      'Fix the cause, then run headgate bootstrap again; CloudFormation has restored the previous resources. A stack in ROLLBACK_COMPLETE or ROLLBACK_FAILED must be deleted first.',
  });
}

export function notCreated(name: string, reasons: readonly string[]): DeployError {
  return new DeployError('aws-unauthorized', {
    subject: `stack ${name}`,
    message: ['the stack could not be created, and was deleted', ...reasons].join('; '),
    remedy: 'Fix the cause, then run headgate bootstrap again.',
  });
}

export function deletedMeanwhile(name: string): DeployError {
  return new DeployError('aws-unreachable', {
    subject: `stack ${name}`,
    message: 'the stack was deleted during the operation',
    remedy: 'See the events of the stack in the CloudFormation console, then run headgate bootstrap again.',
  });
}
