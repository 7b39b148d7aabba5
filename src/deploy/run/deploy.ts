import type { Target } from '../../config/checked/config.ts';
import { settingsHash } from '../../config/checked/settings-hash.ts';
import { failureClassOf, DeployError } from '../../error/deploy-error.ts';
import type { Applied } from '../../state/target-state.ts';
import { makePlan } from '../../plan/planner/make-plan.ts';
import { changesNothing } from '../../plan/model/plan.ts';
import type { Plan } from '../../plan/model/plan.ts';
import type { Revision, Source } from '../../snapshot/source.ts';
import { recipientOf } from '../targets/recipient.ts';
import { announce, announceOvertaken, writeEvent } from './announce.ts';
import { isPaused } from './attempt.ts';
import { objectsFor } from '../ports/check-request.ts';
import type { CheckRequest } from '../ports/check-request.ts';
import { isCurrent } from './current.ts';
import { failureState, transitionsOf, successState } from './state-transitions.ts';
import type { Run } from './state-transitions.ts';
import { fetchSource, queryOf } from './fetch.ts';
import { checkGeneratedTarget } from './check-generated-target.ts';
import type { RenderContext, Rendered } from '../render/render.ts';
import { currentRenderer } from '../render/renderer.ts';
import { applied as reportApplied, refused, unchanged } from '../report/report.ts';
import type { TargetRequest } from '../ports/request.ts';
import { announceWaiting, namesOf, countsSoFar, waitBefore } from './waiting.ts';
import type { World } from '../ports/world.ts';
import type { Report } from '../ports/report.ts';

/** Brings one target to the tip of its ref and says what that changed. */
export async function deploy(request: TargetRequest, world: World, signal: AbortSignal): Promise<Report> {
  const { target } = request;
  const sinceMs = world.nowMs();
  const settings = settingsHash(target);
  const applied = await world.cluster.readApplied('write', signal);
  const source = await world.stage('fetch', () => fetchSource({ request, applied, settings }, world, signal));
  if (source === 'rewound') return unchanged(previousOf(applied), previousOf(applied));
  const renderer = await currentRenderer(applied, world.tools, signal);
  const begun = { request, applied, source, revision: source.revision, settings, sinceMs, nowMs: world.nowMs() };
  if (isCurrent(applied, source, { settings, renderer })) {
    if (applied.waiting !== null) await giveUpWaiting(begun, world, signal);
    return { ...stayed(applied, source.revision), ...owed(begun) };
  }
  const judged = await checkGeneratedTarget(begun, world, signal);
  if (judged !== null) return judged;
  // Refused between the sweep's look and this run.
  const isLeft = isPaused(applied, { revision: source.revision, settings, nowMs: world.nowMs() });
  if (isLeft && request.delivery === 'sweep' && applied.waiting === null) {
    return unchanged(source.revision, previousOf(applied));
  }
  // Before the dry runs: what it depends on may bring what they need.
  const unmet = await world.unmet(signal);
  if (unmet.length > 0) {
    await announceOvertaken(begun, world, signal);
    return waitBefore(begun, { on: unmet, check: null }, world, signal);
  }
  const query = queryOf(request, applied, settings);
  const rendered = await renderSource(source, { applied, query }, world, signal);
  const plan = await planFor({ rendered, settings }, world, signal);
  const { renderer: by, source: read } = rendered;
  const run = { ...begun, source: read, renderer: by, plan, nowMs: world.nowMs() };
  const overtaken = announceOvertaken(run, world, signal);
  if (plan.refusals.length > 0) {
    await overtaken;
    return refuse(refused(source.revision, previousOf(applied), plan), run, world, signal);
  }
  if (changesNothing(plan)) {
    await overtaken;
    if (plan.awaits.length > 0) await world.checks.send(checkOf(run, NO_COUNTS), 0, signal);
    const recorded = { dirty: [], pendingOn: null, ...successState(run, 'unchanged') };
    await world.stage('record', () => world.cluster.record(recorded, signal));
    return {
      ...stayed({ ...applied, ...recorded }, source.revision),
      previous: previousOf(applied),
      warnings: plan.warnings,
      ...owed(run),
    };
  }
  if (plan.pauseAfter === 0) {
    await overtaken;
    return waitBefore(run, { on: namesOf(plan.awaits), check: checkOf(run, NO_COUNTS) }, world, signal);
  }
  const announced = announce(run, world, signal);
  const results = await world.stage('apply', () => world.cluster.apply(plan, transitionsOf(run), signal));
  const report = withOverall(
    reportApplied(source.revision, previousOf(applied), { plan, results, waitMs: target.waitMs }),
    run,
  );
  // Before the close: after it nobody would know that a run that dies here has not asked.
  if (report.readiness === 'awaited') await world.checks.send(checkOf(run, report), 0, signal);
  await world.stage('record', () => world.cluster.close(signal));
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
  const applied = await world.cluster.readApplied('look', signal);
  const query = { ...queryOf({ target: request.target, hint: null }, applied, settings), at: request.at };
  const source = await world.git.since(query, signal);
  const rendered = await renderSource(source, { applied, query }, world, signal);
  return {
    revision: source.revision,
    previous: previousOf(applied),
    plan: await planFor({ rendered, settings }, world, signal),
  };
}

export interface Planned {
  readonly revision: Revision;
  readonly previous: Revision | null;
  readonly plan: Plan;
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
    rendered,
    settings,
    suspects = new Set(),
  }: { rendered: Rendered; settings: string; suspects?: ReadonlySet<string> | 'all' },
  world: World,
  signal: AbortSignal,
): Promise<Plan> {
  const { renderMore } = await import('../render/render.ts');
  const readAlso = (paths: readonly string[]) => renderMore(rendered, paths, world, signal);
  return world.stage('plan', async () =>
    makePlan(await world.cluster.observe({ ...rendered, settings, suspects, readAlso }, signal)),
  );
}

const NO_COUNTS = { created: 0, updated: 0, pruned: 0 };

/** Nothing to do. A commit whose objects are still looked at has its status from there. */
function stayed(applied: Applied, revision: Revision): Report {
  const isAwaited = applied.awaited?.revision === revision;
  return { ...unchanged(revision, previousOf(applied)), readiness: isAwaited ? 'awaited' : null };
}

function owed({ applied, revision }: Pick<Run, 'applied' | 'revision'>): Pick<Report, 'isOwed'> {
  return applied.waiting?.revision === revision ? { isOwed: true } : {};
}

/** What was to be done when others are ready is wanted no more: the tip is what is applied. */
async function giveUpWaiting(run: Pick<Run, 'applied' | 'source'>, world: World, signal: AbortSignal): Promise<void> {
  await announceOvertaken(run, world, signal);
  const recorded = { waiting: null, pendingOn: null, attempt: null };
  await world.stage('record', () => world.cluster.record(recorded, signal));
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
    delivery: request.delivery,
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

function previousOf({ source }: Applied) {
  return source?.revision ?? null;
}

/** Nothing but the attempt is written; without a namespace or a right to write there is no place for it. */
async function refuse(report: Report, run: Run, world: World, signal: AbortSignal): Promise<Report> {
  const isWorlds = report.errors.find(({ code }) => failureClassOf(code) === 'external');
  if (isWorlds !== undefined) throw new DeployError(isWorlds.code, isWorlds);
  if (run.plan.namespace !== 'present' || report.errors.some(({ code }) => code === 'namespace-missing')) return report;
  await world.stage('record', () => world.cluster.record(failureState(run, 'refused', report.errors), signal));
  await writeEvent(report, world, signal);
  return report;
}
