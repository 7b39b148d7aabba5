import type { Report } from '../ports/report.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { Timing } from '../ports/run-event.ts';
import type { Runtime } from '../ports/runtime.ts';
import type { World } from '../ports/world.ts';
import { wakeOthers } from './wake.ts';

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
  const { hint, drift } = request;
  // "No changes" is reported only for the delivery that named this commit.
  const isNamed = hint?.revision === report.revision && report.isAnswered !== true;
  const answersCommit = report.verdict !== 'unchanged' || isNamed || report.isOwed === true;
  const purpose = drift === undefined ? 'tip' : 'drift';
  await world.report({ kind: 'finished', report, purpose, answersCommit, timing }, signal);
  await wakeOthers(report, { request, world, runtime }, signal);
}
