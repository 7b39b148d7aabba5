import { needsPerson } from '../../error/deploy-error.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { RunOutcome, RunPorts, Runtime } from '../ports/runtime.ts';
import { failed } from '../report/report.ts';
import type { Stopwatch } from '../report/stopwatch.ts';
import { recordFailure } from '../run/record-failure.ts';
import { finish } from './finish.ts';
import { makeWorld } from './make-world.ts';

interface FailedRun {
  readonly request: TargetRequest;
  readonly ports: RunPorts | null;
  readonly runtime: Runtime;
  readonly clock: Stopwatch;
}

/** A failure that only a person can fix is the outcome; the queue retries every other one. */
export async function failRun(
  error: DeployError,
  { request, ports, runtime, clock }: FailedRun,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const isForDrift = request.drift !== undefined;
  // Another run is working on the target: drift that remains is detected again.
  if (isForDrift && error.code === 'lease-held') return { kind: 'done', report: null };
  const report = failed(error.problem, request.hint?.revision ?? null);
  const timing = clock.timing();
  const world = ports === null ? null : makeWorld(ports, { request, runtime, clock });
  if (world !== null && needsPerson(error.code)) {
    // If the commit could be read, `deploy` has returned the failure; so here, none was reached.
    const isRecorded = !isForDrift && (await recordFailure(error.problem, { world, reached: null }, signal));
    const outcome = { ...report, isRecorded };
    await finish(outcome, { request, world, runtime, timing }, signal);
    return { kind: 'done', report: outcome };
  }
  // No run that succeeds needs it.
  const { reportRetry } = await import('./report-retry.ts');
  await reportRetry(error, { request, ports, world, runtime, report, timing }, signal);
  // Drift is detected again later; retries would only fill the queue with old suspects.
  if (isForDrift) return { kind: 'done', report };
  return { kind: 'retry', afterMs: pauseMs(error, request.tries ?? 1), error };
}

/** A lease is free when its deadline has passed, but the run that holds it usually ends long before. */
function pauseMs({ code, retryAfterMs }: DeployError, tries: number): number | null {
  if (code !== 'lease-held' || retryAfterMs === undefined) return retryAfterMs ?? null;
  return Math.min(retryAfterMs, 1000 * 2 ** (tries - 1));
}
