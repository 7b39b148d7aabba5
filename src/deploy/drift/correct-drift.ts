import type { Target } from '../../config/checked/config.ts';
import { settingsHash } from '../../config/derived/settings-hash.ts';
import { failureClassOf } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import { failedOutcome } from '../../state/backoff.ts';
import { isFullyApplied } from '../../state/current.ts';
import { isSameRenderer, rendersWhole } from '../../state/renderer.ts';
import { changesState, joinChanges } from '../../state/target-state.ts';
import type { Drift, StateChange, TargetState } from '../../state/target-state.ts';
import { nextContests } from '../../state/contest.ts';
import { changesNothing, retain } from '../../plan/model/plan.ts';
import type { Plan } from '../../plan/model/plan.ts';
import { formatId } from '../../resource/resource.ts';
import type { AppliedSource, Source } from '../../snapshot/source.ts';
import { pathFilterOf } from '../../desired/plain/path-filter.ts';
import { locateFields } from '../prepare/locate-fields.ts';
import { planFor, renderSource } from '../prepare/plan-target.ts';
import type { Rendered } from '../render/render.ts';
import { explainDrift, reportDrift } from './drift-report.ts';
import { queryOf } from '../prepare/fetch.ts';
import { applied as reportApplied, unchanged } from '../report/report.ts';
import type { DriftRequest } from '../ports/request.ts';
import type { World } from '../ports/world.ts';
import type { Report } from '../ports/report.ts';
import type { Observed, StateTransitions } from '../ports/cluster.ts';

/**
 * Dry-runs the suspects at the applied commit and corrects those that differ (`drift: report` only reports them). The
 * others are recorded as they are now, so they are not suspects next time. A push never waits for this.
 */
export async function correctDrift(
  { target, drift }: { target: Target; drift: DriftRequest },
  world: World,
  signal: AbortSignal,
): Promise<Report> {
  const settings = settingsHash(target);
  const recorded = await world.cluster.read('write', signal);
  const { state } = recorded;
  const { source: applied } = state.applied;
  if (applied === null || !isFullyApplied(state, settings)) {
    return unchanged(applied?.revision ?? null, applied?.revision ?? null);
  }
  const source = await world.stage('fetch', () => sourceOf({ applied, drift }, { state, settings, world }, signal));
  const suspects = drift.suspects === 'all' ? drift.suspects : new Set(drift.suspects.map(({ object }) => object));
  const query = { ...queryOf({ target, hint: null }, state, settings), at: applied.revision };
  const rendered = await renderSource(source, { applied: state.applied, query, isDrift: true }, world, signal);
  // Another kubectl may render the same files differently: that takes a full deploy, which the sweep queues.
  if (!isSameRenderer(rendered.renderer, state.applied.renderer)) return unchanged(applied.revision, applied.revision);
  const { plan, observed } = await planFor({ recorded, rendered, settings, suspects }, world, signal);
  const found = withoutPrunes(plan);
  const run = { rendered, observed, state, applied, settings, drift, found, nowMs: world.nowMs() };
  return target.drift === 'report' ? report(run, world, signal) : correct(run, world, signal);
}

/** Only a push deletes. */
function withoutPrunes(plan: Plan): Plan {
  const left = plan.prunes.flat().map(({ entry }) => retain(entry));
  return { ...plan, prunes: [], keeps: [...plan.keeps, ...left] };
}

interface Run {
  readonly rendered: Rendered;
  readonly observed: Observed;
  readonly state: TargetState;
  readonly applied: AppliedSource;
  readonly settings: string;
  readonly drift: DriftRequest;
  readonly found: Plan;
  readonly nowMs: number;
}

/** The suspects' files at the applied commit, wherever the ref points now. */
async function sourceOf(
  { applied, drift: { suspects } }: { applied: AppliedSource; drift: DriftRequest },
  { state, settings, world }: { state: TargetState; settings: string; world: World },
  signal: AbortSignal,
): Promise<Source> {
  const { target, git } = world;
  if (suspects === 'all') {
    return git.since({ ...queryOf({ target, hint: null }, state, settings), base: null, at: applied.revision }, signal);
  }
  // kustomize and Helm render everything from the inputs.
  const { renderer, inputs } = state.applied;
  if (rendersWhole(renderer)) return { ...applied, inputs, complete: false, files: [] };
  const paths = [...new Set(suspects.map(({ file }) => file))];
  const read = paths.length === 0 ? [] : await git.files(applied, paths, signal);
  const isRead = pathFilterOf(target);
  const files = read.filter(({ path, kind }) => isRead(path, kind));
  return { ...applied, inputs, complete: false, files };
}

/** `drift: report`: writes nothing but the state. */
async function report(run: Run, world: World, signal: AbortSignal): Promise<Report> {
  const { observed, state, applied, found } = run;
  const drifted = found.steps.flat();
  const warnings = await explainDrift(drifted, { contests: {}, observed, target: world.target }, signal);
  const drift = driftOf(drifted.length + refusedObjects(run).length + run.drift.resting, run);
  const change = joinChanges({ drift: { found: drift } }, announcedBy(run));
  const plan = { ...found, steps: [], refusals: [], during: found.before, pauseAfter: null };
  await settle(
    { plan, transitions: { onOpen: {}, onSuccess: () => change, onFailure: () => change, onPause: () => change } },
    run,
    world,
    signal,
  );
  if (drift !== null && drift.objects !== state.drift.found?.objects) {
    await reportDrift('found', [...warnings, ...found.refusals], { applied, world }, signal);
  }
  return reportOf(unchanged(applied.revision, applied.revision, [...found.warnings, ...warnings]), found);
}

/** `drift: correct`: corrects each object by itself; one that is refused blocks no other, and rests. */
async function correct(run: Run, world: World, signal: AbortSignal): Promise<Report> {
  const { observed, applied, state, found, nowMs } = run;
  // The objects were applied in order once; correcting them needs no order.
  const plan = { ...found, refusals: [], pauseAfter: null };
  const writes = plan.steps.flat();
  const drifted = writes.filter(({ candidate: { observation } }) => !('ownersOnly' in observation));
  const corrected = drifted.map(({ candidate }) => formatId(candidate.resource.id));
  const refused = refusedObjects(run);
  const contests = nextContests(state.drift.contests, { corrected, refused }, nowMs);
  // Before the correction: afterwards no other manager holds a field.
  const explained = await explainDrift(drifted, { contests, observed, target: world.target }, signal);
  const drift = driftOf(refused.length + run.drift.resting, run);
  const onFailure = (ended: readonly ChangeResult[]) => joinChanges({ drift: { contests } }, failureOf(ended, run));
  // The last outcome stays as it is: it may be of a newer commit, which was refused or waits.
  const onSuccess = joinChanges(announcedBy(run), {
    drift: { contests, found: drift },
    ...(writes.length === 0 ? {} : { applied: { deployedAt: new Date(nowMs).toISOString() } }),
  });
  const transitions = { onOpen: {}, onSuccess: () => onSuccess, onFailure, onPause: () => onSuccess };
  const results = await settle({ plan, transitions }, run, world, signal);
  const applying = reportApplied(applied.revision, applied.revision, { plan, results, waitMs: 0 });
  const ended = { ...applying, errors: await locateFields(applying.errors, run.rendered, world, signal) };
  const where = { applied, world };
  if (ended.failed === 0) await reportDrift('corrected', only(explained, 'drifted'), where, signal);
  await reportDrift('contested', only(explained, 'drift-contested'), where, signal);
  await reportDrift('refused', [...found.refusals, ...ended.errors], where, signal);
  return reportOf({ ...ended, warnings: [...ended.warnings, ...explained] }, found);
}

/** Writes objects and entries under the lease, or the state alone if only that changes, or nothing. */
async function settle(
  { plan, transitions }: { plan: Plan; transitions: StateTransitions },
  { observed, state }: Run,
  { stage }: World,
  signal: AbortSignal,
): Promise<readonly ChangeResult[]> {
  if (!changesNothing(plan)) {
    const open = await stage('apply', () => observed.apply(plan, transitions, signal));
    await stage('record', () => open.close(signal));
    return open.results;
  }
  const change = transitions.onSuccess([]);
  if (changesState(state, change)) await stage('record', () => observed.record(change, signal));
  return [];
}

/** A push since then may have added a kind. */
function announcedBy({ drift: { announced }, state }: Run): StateChange {
  if (announced === undefined || announced.deployedAt !== state.applied.deployedAt) return {};
  const { groupKinds, namespaces } = announced;
  return { inventory: { groupKinds, namespaces } };
}

/** Suspects whose dry run was refused. An object that waits for its finalizers is not refused: it is created again later. */
function refusedObjects({ found, drift: { suspects } }: Run): readonly string[] {
  if (found.refusals.every(({ code }) => failureClassOf(code) === 'external')) return [];
  const settled = new Set([
    ...found.steps.flat().map(({ candidate }) => formatId(candidate.resource.id)),
    ...found.keeps.map(({ entry }) => formatId(entry.id)),
  ]);
  const all = suspects === 'all' ? found.before.map(({ id }) => formatId(id)) : suspects.map(({ object }) => object);
  return all.filter((object) => !settled.has(object));
}

function driftOf(objects: number, { state, nowMs }: Run): Drift | null {
  return objects === 0 ? null : { objects, since: state.drift.found?.since ?? new Date(nowMs).toISOString() };
}

/** The files stay dirty, so the sweep of the refs queues a run for them. */
function failureOf(results: readonly ChangeResult[], run: Run): StateChange {
  const { state, applied, settings, found, nowMs } = run;
  const errors = results.flatMap((result) => (result.kind === 'failed' ? [result.problem] : []));
  const left = found.steps.flat().length - results.filter(({ kind }) => kind === 'applied').length;
  return {
    outcome: {
      ...failedOutcome(state.outcome, { revision: applied.revision, settings, errors, nowMs }),
      verdict: 'partial',
    },
    drift: { found: driftOf(left + refusedObjects(run).length + run.drift.resting, run) },
  };
}

function reportOf(ended: Report, { refusals }: Plan): Report {
  const errors = [...ended.errors, ...refusals];
  const isChanged = ended.created + ended.updated > 0;
  const success = isChanged ? 'deployed' : 'unchanged';
  const verdict = errors.length === 0 ? success : isChanged ? 'partial' : 'refused';
  return { ...ended, verdict, errors };
}

function only(problems: readonly Problem[], code: Problem['code']): readonly Problem[] {
  return problems.filter((problem) => problem.code === code);
}
