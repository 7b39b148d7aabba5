import type { Target } from '../../config/checked/config.ts';
import { asDeployError, needsPerson } from '../../error/deploy-error.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Report } from '../ports/report.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { World } from '../ports/world.ts';
import { carryOut } from './carry-out.ts';
import { endEarly } from './end-early.ts';
import { prepare, startRun } from '../prepare/prepare.ts';
import type { RunOptions } from '../prepare/prepare.ts';
import { planned } from '../prepare/planned.ts';
import type { Planned } from '../prepare/planned.ts';
import type { StartedRun } from '../prepare/started-run.ts';
import { failed } from '../report/report.ts';
import { recordFailure } from './record-failure.ts';
import { activeHold } from '../../state/current.ts';

/** Brings one target to the tip of its ref. */
export async function deploy(request: TargetRequest, world: World, signal: AbortSignal): Promise<Report> {
  const options = { purpose: 'write', at: null } as const;
  const run = await startUnheld(request, { options, world }, signal);
  try {
    const prepared = await prepare(run, { options, world }, signal);
    return prepared.kind === 'stopped'
      ? await endEarly(prepared.stop, run, { world, signal })
      : await carryOut(prepared.run, world, signal);
  } catch (thrown) {
    return endFailed(asDeployError(thrown), run, { world, signal });
  }
}

/** A hold that has run out is ended first, so that everyone sees why the run deploys. */
async function startUnheld(
  request: TargetRequest,
  { options, world }: { readonly options: RunOptions; readonly world: World },
  signal: AbortSignal,
): Promise<StartedRun> {
  const run = await startRun(request, { options, world }, signal);
  if (run.state.hold === null || activeHold(run.state, run.nowMs) !== null) return run;
  const { endHold } = await import('../hold/change-hold.ts');
  await endHold('headgate', world, signal);
  return startRun(request, { options, world }, signal);
}

/** What only a person can fix is an outcome of this commit. @throws every other error, for the queue to retry */
async function endFailed(
  error: DeployError,
  run: StartedRun,
  { world, signal }: { readonly world: World; readonly signal: AbortSignal },
): Promise<Report> {
  if (!needsPerson(error.code)) throw error;
  const { problem } = error;
  const isRecorded = await recordFailure(problem, { world, reached: run }, signal);
  return { ...failed(problem, run.revision), isRecorded };
}

/** What a deploy would do now, prepared as a deploy is. Nothing is written, so it takes no lease. */
export async function planDeploy(
  { target, at }: { readonly target: Target; readonly at: Revision | null },
  world: World,
  signal: AbortSignal,
): Promise<Planned> {
  const trigger = { kind: 'cli' } as const;
  const request = { target, trigger, hint: null, at: new Date(world.nowMs()).toISOString() };
  const options = { purpose: 'read-only', at } as const;
  const run = await startRun(request, { options, world }, signal);
  return planned(await prepare(run, { options, world }, signal), { options, world }, signal);
}
