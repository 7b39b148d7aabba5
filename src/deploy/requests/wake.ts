import { asDeployError } from '../../error/deploy-error.ts';
import type { Report } from '../ports/report.ts';
import { deliveryOf } from '../ports/request.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { World } from '../ports/world.ts';
import { graceSignal } from '../report/grace-signal.ts';
import { wakeDependents } from '../targets/dependents.ts';

interface EndedRun {
  readonly request: TargetRequest;
  readonly world: World;
  readonly runtime: Runtime;
}

/** Queues the targets that wait for this run, or that it lets pass. */
export async function wakeOthers(report: Report, run: EndedRun, signal: AbortSignal): Promise<void> {
  const { request, runtime } = run;
  const { target, trigger, hint } = request;
  await requestWakes(request, runtime, signal);
  await lift(report, run, signal);
  // For dependents, a drift correction or a sweep without changes is not new.
  const isSettled = report.verdict === 'deployed' || (report.verdict === 'unchanged' && hint !== null);
  if (!isSettled || report.readiness === 'awaited') return;
  // The sweep finds the dependents.
  const work = wakeDependents(target, trigger, runtime, graceSignal(signal));
  await orLog('dependents-not-queued', { target, trigger, runtime }, work);
}

/** Requests the runs that this one was requested for. If the process dies before that, the queue repeats this request. */
async function requestWakes(
  { target, trigger, wakes = [], wokenBy = [] }: TargetRequest,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<void> {
  if (wakes.length === 0) return;
  const at = new Date(runtime.nowMs()).toISOString();
  const chain = [...wokenBy, target.name];
  await runtime.requests.send(
    wakes.map((recipient) => ({ ...recipient, trigger, hint: null, at, wokenBy: chain })),
    graceSignal(signal),
  );
}

/** Targets that were refused may pass now. If that fails, the sweep finds them. */
async function lift(
  { lifted }: Report,
  { request: { target, trigger, wokenBy = [] }, world: { cluster }, runtime }: EndedRun,
  signal: AbortSignal,
): Promise<void> {
  if (!lifted) return;
  const { wakeBlocked } = await import('../targets/blocked.ts');
  const lifting = { target, trigger, chain: [...wokenBy, target.name], lifted, cluster };
  await orLog('blocked-not-queued', { target, trigger, runtime }, wakeBlocked(lifting, runtime, graceSignal(signal)));
}

async function orLog(
  message: string,
  { target, trigger, runtime }: Pick<TargetRequest, 'target' | 'trigger'> & { readonly runtime: Runtime },
  work: Promise<void>,
): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    const errors = [asDeployError(thrown).problem];
    runtime.log({ level: 'warn', message, target: target.name, delivery: deliveryOf(trigger), errors });
  }
}
