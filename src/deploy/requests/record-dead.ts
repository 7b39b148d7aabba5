import { asDeployError } from '../../error/deploy-error.ts';
import { deliveryOf } from '../ports/request.ts';
import type { DeployRequest } from '../ports/request.ts';
import type { Runtime } from '../ports/runtime.ts';
import { resolveRecipient } from '../targets/resolve-recipient.ts';
import { reportDead } from '../report/report-dead.ts';

/**
 * Reports a request that the queue gave up on, and records it for `headgate status` where the state can be written.
 * @throws DeployError when an awaited channel fails, so that it is retried
 */
export async function recordDead(request: DeployRequest, runtime: Runtime, signal: AbortSignal): Promise<void> {
  await reportDead(request, runtime, signal);
  try {
    await record(request, runtime, signal);
  } catch (thrown) {
    const errors = [asDeployError(thrown).problem];
    runtime.log({ level: 'debug', message: 'not-recorded', target: request.target, errors });
  }
}

/** Only while its runs fail: a later run that had an outcome says more. */
async function record(request: DeployRequest, runtime: Runtime, signal: AbortSignal): Promise<void> {
  const recipient = resolveRecipient(request, runtime.config);
  if (recipient.kind !== 'target') return;
  const { cluster } = await runtime.open(recipient.target, null);
  const recorded = await cluster.read('write', signal);
  const { outcome, run, hasOtherOrigin } = recorded.state;
  if (hasOtherOrigin || outcome.retry === null) return;
  const retry = { ...outcome.retry, gaveUpOn: deliveryOf(request.trigger) };
  const change = { verdict: 'failed', errors: ['gave-up'], pendingOn: null, retry } as const;
  await recorded.record({ run: { lease: run.lease }, outcome: change }, signal);
}
