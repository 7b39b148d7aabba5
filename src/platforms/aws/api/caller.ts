import { DeployError } from '../../../error/deploy-error.ts';
import type { Aws } from './request.ts';

export interface Caller {
  readonly account: string;
  readonly arn: string;
}

/** The account and user of the credentials: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export async function callerOf(region: string, aws: Aws, signal: AbortSignal): Promise<Caller> {
  const body = new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const { status, text } = await aws.call({ service: 'sts', region, headers, body }, signal);
  const read = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1];
  const account = read('Account');
  const arn = read('Arn');
  if (status === 200 && account !== undefined && arn !== undefined) return { account, arn };
  throw new DeployError('aws-unauthorized', {
    subject: `AWS in ${region}`,
    message: `AWS does not accept the credentials: ${read('Code') ?? `status ${status}`}`,
    remedy:
      'Sign in again (aws sso login), set AWS_PROFILE, or correct the clock: a wrong clock invalidates signatures.',
  });
}
