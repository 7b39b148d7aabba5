import { describeRelease, withReleases } from '../../plan/model/plan.ts';
import { isWaitingFor, waitingChange } from '../../state/waiting.ts';
import type { Report } from '../ports/report.ts';
import type { World } from '../ports/world.ts';
import { planRun } from '../prepare/prepare.ts';
import type { PlannedRun, StartedRun } from '../prepare/started-run.ts';
import { applied } from '../report/report.ts';
import { previousOf } from './outcome.ts';
import { waitBefore } from './pause-before.ts';
import { reportWaiting } from './report-events.ts';
import { transitionsOf } from './state-transitions.ts';

/** Another target that releases something wakes the targets with this code. */
const FOREIGN = ['foreign-owner'];

/** Waits until other targets have released what this one defines now. */
export async function waitForRelease(run: PlannedRun, world: World, signal: AbortSignal): Promise<Report> {
  const { awaitedReleases } = run.plan;
  const on = awaitedReleases.map((release) => describeRelease(release));
  // Once for each thing to wait for: otherwise two targets could wake each other forever.
  if (!isWaitingFor(run, on))
    await run.neighbors.requestRuns([...new Set(awaitedReleases.map(({ target }) => target))], signal);
  return releaseAndWait(run, on, world, signal);
}

/** Two targets may exchange objects, and each of them waits for the other: what others define is released nevertheless. */
export async function releaseAndWait(
  run: PlannedRun,
  on: readonly string[],
  world: World,
  signal: AbortSignal,
): Promise<Report> {
  const { plan, state, revision } = run;
  // Without its namespace there is no place to record that it waits: then the run creates it, and releases nothing.
  if (plan.releases.length === 0 && plan.namespace === 'present')
    return waitBefore(run, { on, check: null, isApplied: false, errors: FOREIGN }, world, signal);
  if (!isWaitingFor(run, on)) await reportWaiting(run, on, world, signal);
  const during = withReleases(plan.before, plan.releases);
  const releases = { ...plan, steps: [], prunes: [], forgotten: [], during, pauseAfter: 0, awaits: [] };
  const counts = { created: 0, updated: 0, pruned: 0 };
  const waiting = waitingChange(run, { on, counts, isApplied: false, isExact: false, errors: FOREIGN });
  const transitions = { ...transitionsOf(run), onOpen: { progress: { waiting: null } }, onPause: () => waiting };
  const open = await world.stage('apply', () => run.observed.apply(releases, transitions, signal));
  await world.stage('record', () => open.close(signal));
  const report = applied(revision, previousOf(state), { plan: releases, results: open.results, waitMs: 0 });
  return { ...report, waitingFor: on };
}

/** The dependency waits for objects of this target, which are released before anything else is done. */
export async function releaseFirst(
  run: StartedRun,
  on: readonly string[],
  { world, signal }: { readonly world: World; readonly signal: AbortSignal },
): Promise<Report> {
  const planned = await planRun(run, { options: { at: null }, world }, signal);
  // A release is a write too, and this one has no plan that anyone could approve.
  return planned.plan.refusals.length > 0 || run.request.target.approval === 'plan'
    ? waitBefore(run, { on, check: null, isApplied: false }, world, signal)
    : releaseAndWait(planned, on, world, signal);
}
