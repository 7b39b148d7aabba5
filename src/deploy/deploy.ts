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
import { isCurrent } from './current.ts';
import { fetchSource, queryOf } from './fetch.ts';
import { applied as reportApplied, errorsOf, refused, summaryOf, unchanged } from './report.ts';
import type { Report } from './report.ts';
import type { TargetRequest } from './request.ts';
import type { World } from './world.ts';

/** Brings one target to the tip of its ref and says what that changed. */
export async function deploy(request: TargetRequest, world: World, signal: AbortSignal): Promise<Report> {
  const { target } = request;
  const settings = settingsHash(target);
  const applied = await world.cluster.readApplied('write', signal);
  const source = await world.stage('fetch', () => fetchSource({ request, applied, settings }, world, signal));
  if (source === 'rewound') return unchanged(previousOf(applied), previousOf(applied));
  if (isCurrent(applied, source, settings)) return unchanged(source.revision, previousOf(applied));
  // Refused between the sweep's look and this run.
  const isLeft = isPaused(applied, { revision: source.revision, settings, nowMs: world.nowMs() });
  if (isLeft && request.delivery === 'sweep') return unchanged(source.revision, previousOf(applied));
  const plan = await planFor({ source, settings }, world, signal);
  const run = { applied, source, settings, nowMs: world.nowMs() };
  const overtaken = announceOvertaken(run, world, signal);
  if (plan.refusals.length > 0) {
    await overtaken;
    return refuse(refused(source.revision, previousOf(applied), plan), run, world, signal);
  }
  if (changesNothing(plan)) {
    await overtaken;
    await world.stage('record', () =>
      world.cluster.record({ dirty: [], pendingOn: null, ...wellOf(run, 'unchanged') }, signal),
    );
    return unchanged(source.revision, previousOf(applied), plan.warnings);
  }
  const announced = announce(run, world, signal);
  const results = await world.stage('apply', () => world.cluster.apply(plan, endsOf(run), signal));
  await world.stage('record', () => world.cluster.close(signal));
  await Promise.all([announced, overtaken]);
  const report = reportApplied(source.revision, previousOf(applied), { plan, results });
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
  const source = await world.git.since(
    { ...queryOf({ target: request.target, hint: null }, applied, settings), at: request.at },
    signal,
  );
  return {
    revision: source.revision,
    previous: previousOf(applied),
    plan: await planFor({ source, settings }, world, signal),
  };
}

export interface Planned {
  readonly revision: Revision;
  readonly previous: Revision | null;
  readonly plan: Plan;
}

export async function planFor(
  {
    source,
    settings,
    suspects = new Set(),
  }: { source: Source; settings: string; suspects?: ReadonlySet<string> | 'all' },
  world: World,
  signal: AbortSignal,
): Promise<Plan> {
  // The YAML parser is most of a function's bundle: a run that finds nothing to do never loads it.
  const { join, renderPlain } = await import('../render/plain.ts');
  const desired = await world.stage('render', () => renderPlain(source.files));
  const readAlso = async (paths: readonly string[]) =>
    join(desired, renderPlain(await world.git.files(source.rootTree, paths, signal)));
  return world.stage('plan', async () =>
    makePlan(await world.cluster.observe({ source, desired, settings, suspects, readAlso }, signal)),
  );
}

interface Run {
  readonly applied: Applied;
  readonly source: Source;
  readonly settings: string;
  readonly nowMs: number;
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
    open: { attempted: run.source.revision, pendingOn: run.source.revision },
    well: wellOf(run, 'deployed'),
    badly: (results: readonly ChangeResult[]) =>
      badlyOf(
        run,
        'partial',
        results.flatMap((result) => (result.kind === 'failed' ? [result.problem] : [])),
      ),
  };
}

function wellOf({ source, settings, nowMs }: Run, verdict: Report['verdict']): Partial<Applied> {
  const { revision, rootTree, tree, inputs } = source;
  return {
    source: { revision, rootTree, tree },
    inputs,
    settings,
    verdict,
    attempted: revision,
    deployedAt: new Date(nowMs).toISOString(),
    attempt: null,
    rewind: null,
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
async function announce({ source }: Run, { statuses, target, warn }: World, signal: AbortSignal): Promise<void> {
  const status = { state: 'pending', context: `headgate/${target.name}`, description: 'applying' } as const;
  if (statuses !== null) await warn(statuses.set(source.revision, status, signal));
}

/** A commit that was begun and never ended, because this one came, would carry our pending for ever. */
async function announceOvertaken(
  { applied, source }: Run,
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
    case 'superseded':
      return undefined;
    default:
      return report.verdict satisfies never;
  }
}
