import { asDeployError } from '../../error/deploy-error.ts';
import type { Report } from '../ports/report.ts';
import { deliveryOf } from '../ports/request.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { Timing } from '../ports/run-event.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { World } from '../ports/world.ts';
import { graceSignal } from '../report/grace-signal.ts';
import { wakeDependents } from '../targets/dependents.ts';

interface FinishedRun {
  readonly request: TargetRequest;
  readonly world: World;
  readonly runtime: Runtime;
  readonly timing: Timing;
}

/** Reports the outcome of a run, and queues the targets that wait for it. */
export async function finish(
  report: Report,
  { request, world, runtime, timing }: FinishedRun,
  signal: AbortSignal,
): Promise<void> {
  const { target, trigger, hint, drift } = request;
  // "No changes" is reported only for the delivery that named this commit.
  const answersCommit = report.verdict !== 'unchanged' || hint?.revision === report.revision || report.isOwed === true;
  const purpose = drift === undefined ? 'tip' : 'drift';
  await world.report({ kind: 'finished', report, purpose, answersCommit, timing }, signal);
  // For dependents, a drift correction or a sweep without changes is not new.
  const isSettled = report.verdict === 'deployed' || (report.verdict === 'unchanged' && hint !== null);
  if (!isSettled || report.readiness === 'awaited') return;
  try {
    await wakeDependents(target, trigger, runtime, graceSignal(signal));
  } catch (thrown) {
    // The sweep finds the dependents.
    const errors = [asDeployError(thrown).problem];
    runtime.log({
      level: 'warn',
      message: 'dependents-not-queued',
      target: target.name,
      delivery: deliveryOf(trigger),
      errors,
    });
  }
}
