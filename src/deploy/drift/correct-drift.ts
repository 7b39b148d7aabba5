import type { Target } from '../../config/checked/config.ts';
import { settingsHash } from '../../config/checked/settings-hash.ts';
import { failureClassOf } from '../../error/deploy-error.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import { backoffAfter } from '../../state/backoff.ts';
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
import { planFor, renderSource } from '../prepare/plan-target.ts';
import { explainDrift, reportDrift } from './drift-report.ts';
import { queryOf } from '../prepare/fetch.ts';
import { applied as reportApplied, unchanged } from '../report/report.ts';
import type { DriftRequest } from '../ports/request.ts';
import type { World } from '../ports/world.ts';
import type { Report } from '../ports/report.ts';
import type { Observed, StateTransitions } from '../ports/cluster.ts';

/**
 * Dry-runs what a look at the cluster found suspicious, at the commit that is applied, and brings back what differs
 * (`drift: report`: only says so). What does not differ is recorded as it is now, so that it is no suspect next time.
 * A push is never held up by this: it decides alone where the target stands.
 */
export async function correctDrift(
  { target, drift }: { target: Target; drift: DriftRequest },
  world: World,
  signal: AbortSignal,
): Promise<Report> {
  const settings = settingsHash(target);
  const recorded = await world.cluster.read('write', signal);
  const { state } = recorded;
  const { source: at } = state.applied;
  if (at === null || !isFullyApplied(state, settings)) return unchanged(at?.revision ?? null, at?.revision ?? null);
  const source = await world.stage('fetch', () => sourceOf({ at, drift }, { state, settings, world }, signal));
  const suspects = drift.suspects === 'all' ? drift.suspects : new Set(drift.suspects.map(({ object }) => object));
  const query = { ...queryOf({ target, hint: null }, state, settings), at: at.revision };
  const rendered = await renderSource(source, { applied: state.applied, query }, world, signal);
  // Another kubectl may make something else of the same files: that is a deploy of all of it, and the sweep's to ask for.
  if (!isSameRenderer(rendered.renderer, state.applied.renderer)) return unchanged(at.revision, at.revision);
  const { plan, observed } = await planFor({ recorded, rendered, settings, suspects }, world, signal);
  const found = withoutPrunes(plan);
  const run = { observed, state, at, settings, drift, found, nowMs: world.nowMs() };
  return target.drift === 'report' ? report(run, world, signal) : correct(run, world, signal);
}

/** Only a push deletes. */
function withoutPrunes(plan: Plan): Plan {
  const left = plan.prunes.flat().map(({ entry }) => retain(entry));
  return { ...plan, prunes: [], keeps: [...plan.keeps, ...left] };
}

interface Run {
  readonly observed: Observed;
  readonly state: TargetState;
  readonly at: AppliedSource;
  readonly settings: string;
  readonly drift: DriftRequest;
  readonly found: Plan;
  readonly nowMs: number;
}

/** The suspects' files as the applied commit has them; the ref may be elsewhere, which is not asked. */
async function sourceOf(
  { at, drift: { suspects } }: { at: AppliedSource; drift: DriftRequest },
  { state, settings, world }: { state: TargetState; settings: string; world: World },
  signal: AbortSignal,
): Promise<Source> {
  const { target, git } = world;
  if (suspects === 'all') {
    return git.since({ ...queryOf({ target, hint: null }, state, settings), base: null, at: at.revision }, signal);
  }
  // Rendered as a whole, from its inputs.
  const { renderer, inputs } = state.applied;
  if (rendersWhole(renderer)) return { ...at, inputs, complete: false, files: [] };
  const paths = [...new Set(suspects.map(({ file }) => file))];
  const read = paths.length === 0 ? [] : await git.files(at.rootTree, paths, signal);
  const isRead = pathFilterOf(target);
  const files = read.filter(({ path, kind }) => isRead(path, kind));
  return { ...at, inputs, complete: false, files };
}

/** `drift: report`: nothing is written but what we know. */
async function report(run: Run, world: World, signal: AbortSignal): Promise<Report> {
  const { observed, state, at, found } = run;
  const drifted = found.steps.flat();
  const warnings = await explainDrift(drifted, { contests: {}, observed, target: world.target }, signal);
  const drift = driftOf(drifted.length + refusedObjects(run).length + run.drift.resting, run);
  const change = { drift: { found: drift } };
  const plan = { ...found, steps: [], refusals: [], during: found.before, pauseAfter: null };
  await settle(
    { plan, transitions: { onOpen: {}, onSuccess: change, onFailure: () => change, onPause: () => change } },
    run,
    world,
    signal,
  );
  if (drift !== null && drift.objects !== state.drift.found?.objects) {
    await reportDrift('found', [...warnings, ...found.refusals], { at, world }, signal);
  }
  return reportOf(unchanged(at.revision, at.revision, [...found.warnings, ...warnings]), found);
}

/** `drift: correct`: each object for itself; one that is refused holds up no other, and rests. */
async function correct(run: Run, world: World, signal: AbortSignal): Promise<Report> {
  const { observed, at, state, found, nowMs } = run;
  // What was applied in its order once needs no order to be brought back.
  const plan = { ...found, refusals: [], pauseAfter: null };
  const writes = plan.steps.flat();
  const drifted = writes.filter(({ candidate: { observation } }) => !('ownersOnly' in observation));
  const corrected = drifted.map(({ candidate }) => formatId(candidate.resource.id));
  const refused = refusedObjects(run);
  const contests = nextContests(state.drift.contests, { corrected, refused }, nowMs);
  // Asked before they are brought back: afterwards nobody else holds anything.
  const explained = await explainDrift(drifted, { contests, observed, target: world.target }, signal);
  const drift = driftOf(refused.length + run.drift.resting, run);
  const onFailure = (ended: readonly ChangeResult[]) => joinChanges({ drift: { contests } }, failureOf(ended, run));
  const onSuccess: StateChange = {
    drift: { contests, found: drift },
    ...(writes.length === 0
      ? {}
      : { outcome: { verdict: 'deployed' }, applied: { deployedAt: new Date(nowMs).toISOString() } }),
  };
  const transitions = { onOpen: {}, onSuccess, onFailure, onPause: () => onSuccess };
  const results = await settle({ plan, transitions }, run, world, signal);
  const ended = reportApplied(at.revision, at.revision, { plan, results, waitMs: 0 });
  const where = { at, world };
  if (ended.failed === 0) await reportDrift('corrected', only(explained, 'drifted'), where, signal);
  await reportDrift('contested', only(explained, 'drift-contested'), where, signal);
  await reportDrift('refused', [...found.refusals, ...ended.errors], where, signal);
  return reportOf({ ...ended, warnings: [...ended.warnings, ...explained] }, found);
}

/** Writes what there is to write: objects and entries under the lease, else the state alone, else nothing. */
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
  const { onSuccess } = transitions;
  if (changesState(state, onSuccess)) await stage('record', () => observed.record(onSuccess, signal));
  return [];
}

/** Suspects that could not be dry-run. What still waits for its finalizers is no refusal: it is made again when it is gone. */
function refusedObjects({ found, drift: { suspects } }: Run): readonly string[] {
  if (found.refusals.every(({ code }) => failureClassOf(code) === 'external')) return [];
  const settled = new Set([
    ...found.steps.flat().map(({ candidate }) => formatId(candidate.resource.id)),
    ...found.keeps.map(({ entry }) => formatId(entry.id)),
  ]);
  const asked = suspects === 'all' ? found.before.map(({ id }) => formatId(id)) : suspects.map(({ object }) => object);
  return asked.filter((object) => !settled.has(object));
}

function driftOf(objects: number, { state, nowMs }: Run): Drift | null {
  return objects === 0 ? null : { objects, since: state.drift.found?.since ?? new Date(nowMs).toISOString() };
}

/** The files are dirty then, and the sweep of the refs goes on with them. */
function failureOf(results: readonly ChangeResult[], run: Run): StateChange {
  const { state, at, settings, found, nowMs } = run;
  const errors = results.flatMap((result) => (result.kind === 'failed' ? [result.problem] : []));
  const left = found.steps.flat().length - results.filter(({ kind }) => kind === 'applied').length;
  return {
    outcome: {
      verdict: 'partial',
      backoff: backoffAfter(state.outcome, { revision: at.revision, settings, errors, nowMs }),
    },
    drift: { found: driftOf(left + refusedObjects(run).length + run.drift.resting, run) },
  };
}

function reportOf(ended: Report, { refusals }: Plan): Report {
  const errors = [...ended.errors, ...refusals];
  const isChanged = ended.created + ended.updated > 0;
  const well = isChanged ? 'deployed' : 'unchanged';
  const verdict = errors.length === 0 ? well : isChanged ? 'partial' : 'refused';
  return { ...ended, verdict, errors };
}

function only(problems: readonly Problem[], code: Problem['code']): readonly Problem[] {
  return problems.filter((problem) => problem.code === code);
}
