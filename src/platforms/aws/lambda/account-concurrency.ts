import * as z from 'zod';
import { DeployError } from '../../../error/deploy-error.ts';
import type { Aws } from '../api/request.ts';

/** How many executions of functions an account may have at once in a region. */
export interface AccountConcurrency {
  readonly limit: number;
  /** What no function has reserved. */
  readonly unreserved: number;
}

const Answer = z.object({
  AccountLimit: z.object({ ConcurrentExecutions: z.number(), UnreservedConcurrentExecutions: z.number() }),
});

/** Reservations must leave this much to all other functions: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html */
const KEPT_UNRESERVED = 100;

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
export async function readAccountConcurrency(
  region: string,
  aws: Aws,
  signal: AbortSignal,
): Promise<AccountConcurrency> {
  const path = '/2016-08-19/account-settings/';
  const { status, text } = await aws.call(
    { method: 'GET', service: 'lambda', region, path, headers: {}, body: '' },
    signal,
  );
  if (status === 200) {
    const { ConcurrentExecutions: limit, UnreservedConcurrentExecutions: unreserved } = Answer.parse(
      JSON.parse(text),
    ).AccountLimit;
    return { limit, unreserved };
  }
  throw new DeployError(status === 403 ? 'aws-unauthorized' : 'aws-unreachable', {
    subject: `lambda in ${region}`,
    message: `the account's limits cannot be read: status ${status}`,
    remedy: 'Sign in with the permission lambda:GetAccountSettings.',
  });
}

/** Whether AWS accepts that this stack reserves so much. A stack that has its reservations keeps them. */
export function canReserve(needed: number, { unreserved }: AccountConcurrency): boolean {
  return unreserved - needed >= KEPT_UNRESERVED;
}
