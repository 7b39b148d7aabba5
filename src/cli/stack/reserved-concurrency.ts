import * as z from 'zod';
import { canReserve, readAccountConcurrency } from '../../platforms/aws/lambda/account-concurrency.ts';
import type { Aws } from '../../platforms/aws/api/request.ts';
import type { Stack } from '../../platforms/aws/cloudformation/stack.ts';
import type { Context } from '../terminal/context.ts';

/** `{"Fn::If": ["ReservesConcurrency", 5, …]}`, as infra/settings.yml has it. */
const Reservation = z.object({ 'Fn::If': z.tuple([z.string(), z.number(), z.unknown()]) });

/** How many executions the functions of a template reserve. */
export function reservedBy(properties: readonly Readonly<Record<string, unknown>>[]): number {
  const reservations = properties.map((each) => Reservation.safeParse(each['ReservedConcurrentExecutions']).data);
  return reservations.reduce((sum, each) => sum + (each?.['Fn::If'][1] ?? 0), 0);
}

interface Account {
  readonly region: string;
  readonly aws: Aws;
  readonly log: Context['log'];
}

/** A new account may run only ten functions at once, and AWS refuses every reservation there. */
export async function planReservations(
  needed: number,
  before: Stack | null,
  { region, aws, log }: Account,
  signal: AbortSignal,
): Promise<'true' | 'false'> {
  // The reservations of this stack are no longer unreserved, so they fit. A stack from before the parameter has them too.
  const hasFunctions = before?.outputs['DeployRoleArn'] !== undefined;
  if (hasFunctions && before.parameters['ReserveConcurrency'] !== 'false') return 'true';
  const account = await readAccountConcurrency(region, aws, signal);
  if (canReserve(needed, account)) return 'true';
  log({
    level: 'warn',
    message: 'nothing-reserved',
    reason: `this account may run only ${account.limit} functions at once, too few to reserve any. All functions share that limit: it caps the cost, and requests from strangers can exhaust it`,
    remedy: `Request at least ${needed + 100 + account.limit - account.unreserved} concurrent executions from AWS (Service Quotas, Lambda), then run headgate bootstrap again.`,
  });
  return 'false';
}
