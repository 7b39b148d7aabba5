import { settingsHash } from '../../config/derived/settings-hash.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { World } from '../ports/world.ts';
import { currentRenderer } from '../render/renderer.ts';
import { fetchSource, isUnannouncedRewind, queryOf } from './fetch.ts';
import { planFor, renderSource } from './plan-target.ts';
import type { PlannedRun, StartedRun } from './started-run.ts';
import {
  needsGeneratedFacts,
  ownsObjects,
  stopAtRewind,
  stopForDependencies,
  stopGeneratedTarget,
  stopOutsideWindows,
  stopWhenCurrent,
  stopWhileHeld,
  stopWhileUnapproved,
  stopWhileBackingOff,
} from './stops.ts';
import type { GeneratedFacts, Stop } from './stops.ts';
import { whyClosed } from '../../windows/why-closed.ts';

/** What a run would do: a deploy does it, a plan shows it. */
export type Prepared =
  | { readonly kind: 'stopped'; readonly stop: Stop; readonly run: StartedRun }
  | { readonly kind: 'planned'; readonly run: PlannedRun };

export interface RunOptions {
  /** `write` throws `lease-held` while another run works. */
  readonly purpose: 'read-only' | 'write';
  /** A commit instead of the ref's tip. */
  readonly at: Revision | null;
}

/** Checks and plans. Nothing is written, neither to the cluster nor to the state. */
export async function prepare(
  run: StartedRun,
  { options, world }: { readonly options: RunOptions; readonly world: World },
  signal: AbortSignal,
): Promise<Prepared> {
  const stop = await findStop(run, world, signal);
  if (stop !== null) return { kind: 'stopped', stop, run };
  return { kind: 'planned', run: await planRun(run, { options, world }, signal) };
}

/** Reads the state and the tip. */
export async function startRun(
  request: TargetRequest,
  { options, world }: { readonly options: RunOptions; readonly world: World },
  signal: AbortSignal,
): Promise<StartedRun> {
  const sinceMs = world.nowMs();
  const settings = settingsHash(request.target);
  const recorded = await world.cluster.read(options.purpose, signal);
  const { state } = recorded;
  const query = { request, state, settings, at: options.at };
  const source = await world.stage('fetch', () => fetchSource(query, world, signal));
  return {
    request,
    recorded,
    state,
    source,
    revision: source.revision,
    settings,
    sinceMs,
    nowMs: world.nowMs(),
    clock: world.nowMs,
    commit: world.git.described(source.revision),
    isHeld: false,
  };
}

/** The checks before the plan, in order. Each decides on data, which is read only once the checks before it passed. */
async function findStop(run: StartedRun, world: World, signal: AbortSignal): Promise<Stop | null> {
  const current = async () => stopWhenCurrent(run, await currentRenderer(run.state.applied, world.tools, signal));
  // The commit of a hold was checked as a tip when it was one.
  if (run.isHeld) return (await current()) ?? stopWhileBackingOff(run);
  const rewound = stopAtRewind(await isUnannouncedRewind(run, world, signal));
  if (rewound !== null) return rewound;
  const isAtTip = await current();
  return (
    stopWhileHeld(run, isAtTip !== null) ??
    isAtTip ??
    stopOutsideWindows(run, await whyClosed(run.request.target.windows, run.nowMs)) ??
    stopGeneratedTarget(run, await readGeneratedFacts(run, world, signal)) ??
    stopWhileBackingOff(run) ??
    stopWhileUnapproved(run) ??
    stopForDependencies(await world.unmet(signal))
  );
}

async function readGeneratedFacts(run: StartedRun, world: World, signal: AbortSignal): Promise<GeneratedFacts | null> {
  const { generatedFrom } = run.request.target;
  if (generatedFrom === null || !needsGeneratedFacts(run)) return null;
  const nameConflicts = await world.nameConflicts(signal);
  if (run.source.tree !== null || ownsObjects(run.state)) return { nameConflicts, hasDirectory: true };
  const { directory } = generatedFrom;
  const trees = await world.git.trees(run.revision, [directory], signal);
  return { nameConflicts, hasDirectory: (trees.get(directory) ?? null) !== null };
}

/** Renders the desired objects, observes them in the cluster, and plans. */
export async function planRun(
  run: StartedRun,
  { options, world }: { readonly options: Pick<RunOptions, 'at'>; readonly world: World },
  signal: AbortSignal,
): Promise<PlannedRun> {
  const { request, recorded, state, settings } = run;
  const query = { ...queryOf(request, state, settings), at: options.at };
  const rendered = await renderSource(run.source, { applied: state.applied, query }, world, signal);
  const neighbors = world.neighbors({ source: rendered.source, state });
  const { plan, observed } = await planFor({ recorded, rendered, settings, neighbors }, world, signal);
  return {
    ...run,
    source: rendered.source,
    renderer: rendered.renderer,
    observed,
    plan,
    neighbors,
    nowMs: world.nowMs(),
  };
}
