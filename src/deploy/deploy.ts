import type { Target } from '../config/config.ts';
import { settingsHash } from '../config/settings-hash.ts';
import { failureClassOf, DeployError } from '../error/deploy-error.ts';
import type { Problem } from '../error/deploy-error.ts';
import type { ChangeResult } from '../plan/after.ts';
import type { Applied } from '../plan/applied.ts';
import { makePlan } from '../plan/make-plan.ts';
import { changesNothing } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { Revision, Source } from '../resource/source.ts';
import { isPaused, nextAttempt } from './attempt.ts';
import { objectsFor } from './check-request.ts';
import type { CheckRequest } from './check-request.ts';
import { isCurrent } from './current.ts';
import { fetchSource, queryOf } from './fetch.ts';
import type { RenderContext, Rendered } from './render.ts';
import { currentRenderer } from './renderer.ts';
import { applied as reportApplied, commitStatus, errorsOf, refused, summaryOf, unchanged } from './report.ts';
import type { Report } from './report.ts';
import type { TargetRequest } from './request.ts';
import { announceWaiting, hasItsWord, namesOf, soFar, waitBefore, waitingState } from './waiting.ts';
import type { World } from './world.ts';

/** Brings one target to the tip of its ref and says what that changed. */
export async function deploy(request: TargetRequest, world: World, signal: AbortSignal): Promise<Report> {
  const { target } = request;
  const sinceMs = world.nowMs();
  const settings = settingsHash(target);
  const applied = await world.cluster.readApplied('write', signal);
  const source = await world.stage('fetch', () => fetchSource({ request, applied, settings }, world, signal));
  if (source === 'rewound') return unchanged(previousOf(applied), previousOf(applied));
  const renderer = await currentRenderer(applied, world.tools, signal);
  if (isCurrent(applied, source, { settings, renderer })) return stayed(applied, source.revision);
  // Refused between the sweep's look and this run.
  const isLeft = isPaused(applied, { revision: source.revision, settings, nowMs: world.nowMs() });
  if (isLeft && request.delivery === 'sweep' && applied.waiting === null) {
    return unchanged(source.revision, previousOf(applied));
  }
  const begun = { request, applied, source, revision: source.revision, settings, sinceMs, nowMs: world.nowMs() };
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
    const recorded = { dirty: [], pendingOn: null, ...wellOf(run, 'unchanged') };
    await world.stage('record', () => world.cluster.record(recorded, signal));
    return {
      ...stayed({ ...applied, ...recorded }, source.revision),
      previous: previousOf(applied),
      warnings: plan.warnings,
    };
  }
  if (plan.pauseAfter === 0) {
    await overtaken;
    return waitBefore(run, { on: namesOf(plan.awaits), check: checkOf(run, NO_COUNTS) }, world, signal);
  }
  const announced = announce(run, world, signal);
  const results = await world.stage('apply', () => world.cluster.apply(plan, endsOf(run), signal));
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
  const { render } = await import('./render.ts');
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
  const { renderMore } = await import('./render.ts');
  const readAlso = (paths: readonly string[]) => renderMore(rendered, paths, world, signal);
  return world.stage('plan', async () =>
    makePlan(await world.cluster.observe({ ...rendered, settings, suspects, readAlso }, signal)),
  );
}

interface Run {
  readonly request: TargetRequest;
  readonly applied: Applied;
  readonly source: Source;
  readonly renderer: string;
  readonly revision: Revision;
  readonly settings: string;
  readonly plan: Plan;
  /** When it began. */
  readonly sinceMs: number;
  readonly nowMs: number;
}

const NO_COUNTS = { created: 0, updated: 0, pruned: 0 };

/** Nothing to do. A commit whose objects are still looked at has its status from there. */
function stayed(applied: Applied, revision: Revision): Report {
  const isAwaited = applied.awaited?.revision === revision;
  return { ...unchanged(revision, previousOf(applied)), readiness: isAwaited ? 'awaited' : null };
}

/** A commit that was applied in several runs is reported as one. */
function withOverall(report: Report, run: Run): Report {
  const { created, updated, beganMs } = soFar(run);
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
    target: request.target.name,
    delivery: request.delivery,
    revision: source.revision,
    sinceMs,
    beganMs: soFar(run).beganMs,
    counts: { created, updated, pruned },
    objects: objectsFor(plan.awaits),
    total: plan.awaits.length,
    hop: 0,
    said: null,
    isQuiet: false,
    goesOn: plan.pauseAfter !== null,
  };
}

function previousOf({ source }: Applied) {
  return source?.revision ?? null;
}

/** Nothing but the attempt is written; without a namespace or a right to write there is no place for it. */
async function refuse(report: Report, run: Run, world: World, signal: AbortSignal): Promise<Report> {
  const isWorlds = report.errors.find(({ code }) => failureClassOf(code) === 'world');
  if (isWorlds !== undefined) throw new DeployError(isWorlds.code, isWorlds);
  if (report.errors.some(({ code }) => code === 'namespace-missing')) return report;
  await world.stage('record', () => world.cluster.record(badlyOf(run, 'refused', report.errors), signal));
  await writeEvent(report, world, signal);
  return report;
}

function endsOf(run: Run) {
  return {
    open: { attempted: run.source.revision, pendingOn: run.source.revision, waiting: null, ...awaitedBy(run) },
    well: wellOf(run, 'deployed'),
    waiting: (results: readonly ChangeResult[]) => ({
      ...waitingState(run, { on: namesOf(run.plan.awaits), counts: countsOf(results), isExact: true }),
      settings: run.settings,
    }),
    badly: (results: readonly ChangeResult[]) =>
      badlyOf(
        run,
        'partial',
        results.flatMap((result) => (result.kind === 'failed' ? [result.problem] : [])),
      ),
  };
}

function countsOf(results: readonly ChangeResult[]) {
  const count = (effect: string) =>
    results.filter((result) => result.kind === 'applied' && result.effect === effect).length;
  return { created: count('created'), updated: count('updated') };
}

/** What an earlier run awaits is still awaited when this one writes nothing that takes its time. */
function awaitedBy({ source, plan, sinceMs }: Run): Partial<Applied> {
  return plan.awaits.length === 0 ? {} : { awaited: { revision: source.revision, sinceMs } };
}

function wellOf(run: Run, verdict: Report['verdict']): Partial<Applied> {
  const { source, renderer, settings, nowMs } = run;
  const { revision, rootTree, tree, inputs } = source;
  return {
    source: { revision, rootTree, tree },
    renderer,
    inputs,
    settings,
    verdict,
    attempted: revision,
    deployedAt: new Date(nowMs).toISOString(),
    attempt: null,
    rewind: null,
    waiting: null,
    ...awaitedBy(run),
  };
}

function badlyOf(
  { applied, source, settings, nowMs }: Run,
  verdict: Report['verdict'],
  errors: readonly Problem[],
): Partial<Applied> {
  const { revision } = source;
  return {
    attempted: revision,
    verdict,
    pendingOn: null,
    attempt: nextAttempt(applied, { revision, settings, errors, nowMs }),
  };
}

/** Says on the commit that work has begun. Never fails a deploy. */
async function announce(run: Run, world: World, signal: AbortSignal): Promise<void> {
  const { statuses, target, warn } = world;
  if (statuses === null) return;
  const say = async () => {
    if (await hasItsWord(run, world, signal)) return;
    await statuses.set(run.revision, commitStatus(target.name, 'pending', 'applying'), signal);
  };
  await warn(say());
}

/** A commit that was begun and never ended, because this one came, would carry our pending for ever. */
async function announceOvertaken(
  { applied, source }: Pick<Run, 'applied' | 'source'>,
  { statuses, target, warn }: World,
  signal: AbortSignal,
): Promise<void> {
  const { pendingOn } = applied;
  if (statuses === null || pendingOn === null) return;
  if (pendingOn === applied.source?.revision || pendingOn === source.revision) return;
  const description = `superseded by ${source.revision.slice(0, 7)}`;
  await warn(statuses.set(pendingOn, { state: 'error', context: `headgate/${target.name}`, description }, signal));
}

async function writeEvent(report: Report, { cluster, warn }: World, signal: AbortSignal): Promise<void> {
  const at = report.revision?.slice(0, 12) ?? '';
  switch (report.verdict) {
    case 'deployed':
      return warn(
        cluster.event({ type: 'Normal', reason: 'Deployed', message: `${at}: ${summaryOf(report)}` }, signal),
      );
    case 'refused':
      return warn(
        cluster.event(
          { type: 'Warning', reason: 'DeployRefused', message: `${at}: ${errorsOf(report.errors)}` },
          signal,
        ),
      );
    case 'partial':
    case 'failed':
      return warn(
        cluster.event(
          { type: 'Warning', reason: 'DeployFailed', message: `${at}: ${errorsOf(report.errors)}` },
          signal,
        ),
      );
    case 'unchanged':
    case 'waiting':
    case 'superseded':
      return undefined;
    default:
      return report.verdict satisfies never;
  }
}
