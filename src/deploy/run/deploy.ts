import type { Target } from '../../config/checked/config.ts';
import { settingsHash } from '../../config/checked/settings-hash.ts';
import { failureClassOf, DeployError } from '../../error/deploy-error.ts';
import { isBackingOff } from '../../state/backoff.ts';
import { isCurrent } from '../../state/current.ts';
import { joinChanges, withChange } from '../../state/target-state.ts';
import type { TargetState } from '../../state/target-state.ts';
import { makePlan } from '../../plan/planner/make-plan.ts';
import { changesNothing } from '../../plan/model/plan.ts';
import type { Plan } from '../../plan/model/plan.ts';
import type { Revision, Source } from '../../snapshot/source.ts';
import { recipientOf } from '../targets/recipient.ts';
import { announce, announceOvertaken, writeEvent } from './announce.ts';
import { objectsFor } from '../ports/check-request.ts';
import type { CheckRequest } from '../ports/check-request.ts';
import { failureState, transitionsOf, successState } from './state-transitions.ts';
import type { Run } from './state-transitions.ts';
import { fetchSource, isUnannouncedRewind, queryOf } from './fetch.ts';
import { checkGeneratedTarget } from './check-generated-target.ts';
import type { RenderContext, Rendered } from '../render/render.ts';
import { currentRenderer } from '../render/renderer.ts';
import { applied as reportApplied, refused, unchanged } from '../report/report.ts';
import type { TargetRequest } from '../ports/request.ts';
import { countsSoFar } from '../../state/waiting.ts';
import { announceWaiting, namesOf, waitBefore } from './waiting.ts';
import type { Observed, RecordedTarget } from '../ports/cluster.ts';
import type { World } from '../ports/world.ts';
import type { Report } from '../ports/report.ts';

/** Brings one target to the tip of its ref and says what that changed. */
export async function deploy(request: TargetRequest, world: World, signal: AbortSignal): Promise<Report> {
  const { target } = request;
  const sinceMs = world.nowMs();
  const settings = settingsHash(target);
  const recorded = await world.cluster.read('write', signal);
  const { state } = recorded;
  const source = await world.stage('fetch', () => fetchSource({ request, state, settings }, world, signal));
  if (await isUnannouncedRewind(source, { request, state }, world, signal)) {
    const change = { outcome: { rewind: source.revision } };
    await world.stage('record', () => recorded.record(change, signal));
    return unchanged(previousOf(state), previousOf(state));
  }
  const renderer = await currentRenderer(state.applied, world.tools, signal);
  const at = { source, revision: source.revision, settings, sinceMs, nowMs: world.nowMs() };
  const begun = { request, recorded, state, ...at };
  if (isCurrent(state, source, { settings, renderer })) {
    if (state.progress.waiting !== null) await giveUpWaiting(begun, world, signal);
    return { ...stayed(state, source.revision), ...owed(begun) };
  }
  const judged = await checkGeneratedTarget(begun, world, signal);
  if (judged !== null) return judged;
  // Refused between the sweep's look and this run.
  const isLeft = isBackingOff(state.outcome, { revision: source.revision, settings, nowMs: world.nowMs() });
  if (isLeft && request.trigger.kind === 'sweep' && state.progress.waiting === null) {
    return unchanged(source.revision, previousOf(state));
  }
  // Before the dry runs: what it depends on may bring what they need.
  const unmet = await world.unmet(signal);
  if (unmet.length > 0) {
    await announceOvertaken(begun, world, signal);
    return waitBefore(begun, { on: unmet, check: null }, world, signal);
  }
  const query = queryOf(request, state, settings);
  const rendered = await renderSource(source, { applied: state.applied, query }, world, signal);
  const { plan, observed } = await planFor({ recorded, rendered, settings }, world, signal);
  const { renderer: by, source: read } = rendered;
  const run = { ...begun, source: read, renderer: by, plan, nowMs: world.nowMs() };
  const overtaken = announceOvertaken(run, world, signal);
  if (plan.refusals.length > 0) {
    await overtaken;
    return refuse(refused(source.revision, previousOf(state), plan), run, world, signal);
  }
  if (changesNothing(plan)) {
    await overtaken;
    if (plan.awaits.length > 0) await world.checks.send(checkOf(run, NO_COUNTS), 0, signal);
    const done = { run: { dirty: [] }, outcome: { pendingOn: null } };
    const change = joinChanges(done, successState(run, 'unchanged'));
    await world.stage('record', () => observed.record(change, signal));
    return {
      ...stayed(withChange(state, change), source.revision),
      previous: previousOf(state),
      warnings: plan.warnings,
      ...owed(run),
    };
  }
  if (plan.pauseAfter === 0) {
    await overtaken;
    return waitBefore(run, { on: namesOf(plan.awaits), check: checkOf(run, NO_COUNTS) }, world, signal);
  }
  const announced = announce(run, world, signal);
  const open = await world.stage('apply', () => observed.apply(plan, transitionsOf(run), signal));
  const report = withOverall(
    reportApplied(source.revision, previousOf(state), { plan, results: open.results, waitMs: target.waitMs }),
    run,
  );
  // Before the close: after it nobody would know that a run that dies here has not asked.
  if (report.readiness === 'awaited') await world.checks.send(checkOf(run, report), 0, signal);
  await world.stage('record', () => open.close(signal));
  await Promise.all([announced, overtaken]);
  if (report.verdict === 'waiting') await announceWaiting(run, namesOf(plan.awaits), world, signal);
  await writeEvent(report, world, signal);
  return report;
}

/** What a deploy would do. Nothing is written, so no lease is asked for. */
export async function planOnly(
  request: { readonly target: Target; readonly at: Revision | null },
  world: World,
  signal: AbortSignal,
): Promise<Planned> {
  const settings = settingsHash(request.target);
  const recorded = await world.cluster.read('look', signal);
  const { state } = recorded;
  const query = { ...queryOf({ target: request.target, hint: null }, state, settings), at: request.at };
  const source = await world.git.since(query, signal);
  const rendered = await renderSource(source, { applied: state.applied, query }, world, signal);
  return {
    revision: source.revision,
    previous: previousOf(state),
    ...(await planFor({ recorded, rendered, settings }, world, signal)),
  };
}

export interface Planned extends PlannedChanges {
  readonly revision: Revision;
  readonly previous: Revision | null;
}

/** A plan, and the observation that it was made from: what the plan is carried out on. */
export interface PlannedChanges {
  readonly plan: Plan;
  readonly observed: Observed;
}

/** The YAML parser is most of a function's bundle: a run that finds nothing to do never loads it. */
export async function renderSource(
  source: Source,
  context: RenderContext,
  world: World,
  signal: AbortSignal,
): Promise<Rendered> {
  const { render } = await import('../render/render.ts');
  return world.stage('render', () => render(source, context, world, signal));
}

export async function planFor(
  {
    recorded,
    rendered,
    settings,
    suspects = new Set(),
  }: {
    recorded: RecordedTarget;
    rendered: Rendered;
    settings: string;
    suspects?: ReadonlySet<string> | 'all';
  },
  world: World,
  signal: AbortSignal,
): Promise<PlannedChanges> {
  const { renderMore } = await import('../render/render.ts');
  const readAlso = (paths: readonly string[]) => renderMore(rendered, paths, world, signal);
  return world.stage('plan', async () => {
    const observed = await recorded.observe({ ...rendered, settings, suspects, readAlso }, signal);
    return { plan: makePlan(observed.facts), observed };
  });
}

const NO_COUNTS = { created: 0, updated: 0, pruned: 0 };

/** Nothing to do. A commit whose objects are still looked at has its status from there. */
function stayed(state: TargetState, revision: Revision): Report {
  const isAwaited = state.progress.awaited?.revision === revision;
  return { ...unchanged(revision, previousOf(state)), readiness: isAwaited ? 'awaited' : null };
}

function owed({ state, revision }: Pick<Run, 'state' | 'revision'>): Pick<Report, 'isOwed'> {
  return state.progress.waiting?.revision === revision ? { isOwed: true } : {};
}

/** What was to be done when others are ready is wanted no more: the tip is what is applied. */
async function giveUpWaiting(
  run: Pick<Run, 'recorded' | 'state' | 'source'>,
  world: World,
  signal: AbortSignal,
): Promise<void> {
  await announceOvertaken(run, world, signal);
  const change = { progress: { waiting: null }, outcome: { pendingOn: null, backoff: null } };
  await world.stage('record', () => run.recorded.record(change, signal));
}

/** A commit that was applied in several runs is reported as one. */
function withOverall(report: Report, run: Run): Report {
  const { created, updated, beganMs } = countsSoFar(run);
  if (report.verdict === 'waiting') return { ...report, waitingFor: namesOf(run.plan.awaits) };
  if (beganMs === run.sinceMs) return report;
  const counts = { created: report.created + created, updated: report.updated + updated, pruned: report.pruned };
  return { ...report, overall: { ...counts, durationMs: run.nowMs - beganMs } };
}

function checkOf(
  run: Run,
  { overall, ...own }: Pick<Report, 'created' | 'updated' | 'pruned' | 'overall'>,
): CheckRequest {
  const { request, source, plan, sinceMs } = run;
  const { created, updated, pruned } = overall ?? own;
  return {
    ...recipientOf(request.target),
    trigger: request.trigger,
    revision: source.revision,
    sinceMs,
    beganMs: countsSoFar(run).beganMs,
    counts: { created, updated, pruned },
    objects: objectsFor(plan.awaits),
    total: plan.awaits.length,
    attempt: 0,
    reported: null,
    statusIsFinal: false,
    resumesRun: plan.pauseAfter !== null,
  };
}

function previousOf({ applied }: TargetState) {
  return applied.source?.revision ?? null;
}

/** Nothing but the attempt is written; without a namespace or a right to write there is no place for it. */
async function refuse(report: Report, run: Run, world: World, signal: AbortSignal): Promise<Report> {
  const isWorlds = report.errors.find(({ code }) => failureClassOf(code) === 'world');
  if (isWorlds !== undefined) throw new DeployError(isWorlds.code, isWorlds);
  if (run.plan.namespace !== 'present' || report.errors.some(({ code }) => code === 'namespace-missing')) return report;
  await world.stage('record', () => run.recorded.record(failureState(run, 'refused', report.errors), signal));
  await writeEvent(report, world, signal);
  return report;
}
