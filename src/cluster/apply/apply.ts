import { inventoryAfter } from '../../plan/planner/after.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import type { RunState, StateChange, TargetState } from '../../state/target-state.ts';
import { NOTHING_RECORDED, joinChanges, withChange } from '../../state/target-state.ts';
import { areSameEntries } from '../../state/inventory.ts';
import type { Entry } from '../../state/inventory.ts';
import { formatKind } from '../../resource/kind-order.ts';
import { filesOf, isThrough, prunesNow } from '../../plan/model/plan.ts';
import type { Plan, Prune } from '../../plan/model/plan.ts';
import { formatId } from '../../resource/resource.ts';
import { inParallel } from '../../exchange/pool.ts';
import { REQUESTS_AT_ONCE } from '../api/session.ts';
import { distribute, freshNames } from '../state/inventory-store.ts';
import type { Spread } from '../state/inventory-store.ts';
import { takeLease } from '../state/lease.ts';
import type { HeldParent } from '../state/lease.ts';
import { createNamespace } from './namespace.ts';
import { prune } from './prune.ts';
import type { PruneContext } from './prune.ts';
import { shardCount } from '../state/shard.ts';
import type { ClusterRun } from '../state/run.ts';
import type { StateStore } from '../state/state-store.ts';
import { write } from './write.ts';
import type { WriteContext } from './write.ts';
import type { OpenRun } from '../../deploy/ports/cluster.ts';
import type { Application } from './application.ts';

/** With more dirty paths than this, they would be most of the parent. */
const DIRTY_PATHS = 1000;

/** Takes the lease, records what it may write, then writes and prunes. If interrupted, the touched files remain dirty. */
export async function applyPlan(
  application: Application,
  run: ClusterRun & { readonly store: StateStore },
  signal: AbortSignal,
  opened?: () => void,
): Promise<OpenRun> {
  const { plan, gathered, parent } = application;
  const { facts } = gathered;
  if (plan.namespace !== 'present') await createNamespace(application, run, signal);
  const names = layoutNames(application, run);
  const held = await takeLease(parent, opening(application, names), { store: run.store, runner: run.runner, signal });
  opened?.();
  const known = await recordDuring({ application, names, held }, run.store, signal);

  const context = writeContext(run, held);
  const results = await writeSteps(plan, context, { run, signal });
  if (results.every(({ kind }) => kind !== 'failed')) {
    results.push(
      ...(await pruneSteps(
        plan,
        { ...context, kinds: run.kinds, applySetId: facts.applySetId, touched: facts.touched },
        signal,
      )),
    );
  }
  return {
    results,
    close: (closeSignal) => close({ application, results, names, known, held }, run.store, closeSignal),
  };
}

interface Closing {
  readonly application: Application;
  readonly results: readonly ChangeResult[];
  readonly names: readonly string[];
  readonly known: Known;
  readonly held: HeldParent;
}

async function close({ application, results, names, known, held }: Closing, store: StateStore, signal: AbortSignal) {
  const { plan, transitions, gathered } = application;
  const after = inventoryAfter(plan, results, gathered.facts.touched);
  await recordEntries(after, { names, known, held, spread: gathered.spread }, store, signal);
  const transition = transitionAfter({ plan, transitions }, results);
  const { inventory, run } = withChange(held.current(), transition);
  // Deleted under the lease, because a later run may reuse their names.
  await Promise.all(inventory.unlistedShards.map((name) => store.deleteShard(name, { held, signal })));
  const count = countAfter(application, after) - countIn(after, run.dirty);
  const closed = {
    inventory: { count, unlistedShards: [], ...(names.length === 0 ? { inline: after } : {}) },
    run: { lease: null },
  };
  await held.write(joinChanges(transition, closed), signal);
}

/** After a failure or a pause the files stay dirty: the next run resumes there. */
function transitionAfter(
  { plan, transitions }: Pick<Application, 'plan' | 'transitions'>,
  results: readonly ChangeResult[],
): StateChange {
  if (results.some(({ kind }) => kind === 'failed')) return transitions.onFailure(results);
  const released = results.flatMap((result) => (result.kind === 'released' && !result.isTaken ? [result.release] : []));
  return plan.pauseAfter === null
    ? joinChanges(
        { run: { dirty: dirtyWith([], filesOf([...plan.undecided, ...released])) } },
        transitions.onSuccess(results),
      )
    : transitions.onPause(results);
}

function layoutNames({ gathered, plan, parent }: Application, { layout }: ClusterRun): readonly string[] {
  const { inventory, isNewLayout, facts } = gathered;
  return isNewLayout
    ? freshNames(facts.target.name, shardCount(plan.during.length, layout), parent?.state.inventory.shards ?? [])
    : inventory.names;
}

/** The state of the first write. From then on, every touched file is dirty until the close. */
function opening({ plan, transitions, gathered, parent }: Application, names: readonly string[]): TargetState {
  const { facts, isNewLayout } = gathered;
  const state = parent?.state ?? NOTHING_RECORDED;
  const { inventory } = state;
  const writes = plan.steps.flat().map(({ candidate }) => candidate.resource.id);
  const dirty = dirtyWith(state.run.dirty, facts.touched);
  const sortedUnion = (known: readonly string[], more: readonly string[]) =>
    [...new Set([...known, ...more])].filter((name) => name !== '').toSorted();
  const opened = {
    inventory: {
      groupKinds: sortedUnion(
        inventory.groupKinds,
        [...writes, ...plan.before.map(({ id }) => id)].map((id) => formatKind(id)),
      ),
      namespaces: sortedUnion(
        inventory.namespaces,
        writes.map(({ namespace }) => namespace),
      ).filter((name) => name !== facts.target.namespace),
      // New shards are listed once they exist; an inline inventory is valid with this write.
      ...(names.length === 0 ? { shards: [], inline: plan.during, isRecorded: true } : {}),
      unlistedShards: isNewLayout
        ? added(inventory.unlistedShards, names.length === 0 ? inventory.shards : names)
        : inventory.unlistedShards,
      count: facts.count - countIn(plan.before, dirty),
    },
    run: { dirty },
  };
  return withChange(state, joinChanges(transitions.onOpen, opened));
}

function dirtyWith(dirty: RunState['dirty'], touched: Iterable<string>): RunState['dirty'] {
  if (dirty === 'all') return dirty;
  const all = new Set([...dirty, ...touched]);
  return all.size > DIRTY_PATHS ? 'all' : [...all].toSorted();
}

function added(known: readonly string[], more: readonly string[]): readonly string[] {
  return [...new Set([...known, ...more])];
}

/** The number of objects that these files define. */
export function countIn(entries: readonly Entry[], files: RunState['dirty']): number {
  const isCounted = files === 'all' ? () => true : isOneOf(files);
  return new Set(entries.filter(({ file }) => isCounted(file)).map(({ id }) => formatId(id))).size;
}

function isOneOf(files: readonly string[]): (file: string) => boolean {
  const known = new Set(files);
  return (file) => known.has(file);
}

type Known = ReadonlyMap<
  string,
  { readonly stored: Parameters<StateStore['writeShard']>[0]; readonly entries: readonly Entry[] | null }
>;

async function recordDuring(
  { application, names, held }: { application: Application; names: readonly string[]; held: HeldParent },
  store: StateStore,
  signal: AbortSignal,
): Promise<Known> {
  const { plan, gathered } = application;
  if (names.length === 0) return new Map();
  const known: Known = gathered.isNewLayout
    ? new Map(names.map((name) => [name, { stored: name, entries: null }]))
    : new Map([...gathered.inventory.shards].map(([name, shard]) => [name, { stored: shard, entries: shard.entries }]));
  const written = await recordEntries(plan.during, { names, known, held, spread: gathered.spread }, store, signal);
  if (gathered.isNewLayout) {
    const { unlistedShards, shards } = held.current().inventory;
    const formerShards = added(unlistedShards, shards).filter((name) => !names.includes(name));
    await held.write(
      { inventory: { shards: names, unlistedShards: formerShards, inline: [], isRecorded: true } },
      signal,
    );
  }
  return written;
}

/** Writes the shards whose entries differ from the stored ones. */
async function recordEntries(
  entries: readonly Entry[],
  { names, known, held, spread }: { names: readonly string[]; known: Known; held: HeldParent; spread: Spread },
  store: StateStore,
  signal: AbortSignal,
): Promise<Known> {
  const desired = distribute(entries, names, spread);
  const changed = [...known].filter(
    ([name, { entries: stored }]) => stored === null || !areSameEntries(desired.get(name) ?? [], stored),
  );
  const written = await Promise.all(
    changed.map(([name, { stored }]) => store.writeShard(stored, desired.get(name) ?? [], { held, signal })),
  );
  return new Map([
    ...known,
    ...written.map((shard): [string, { stored: typeof shard; entries: readonly Entry[] }] => [
      shard.name,
      { stored: shard, entries: shard.entries },
    ]),
  ]);
}

function writeContext(run: ClusterRun, held: HeldParent): WriteContext {
  return {
    connection: run.connection,
    target: run.target,
    kindOf: ({ id, apiVersion }) => run.kinds.find({ apiVersion, kind: id.kind }),
    held,
    wait: run.wait,
    refreshKinds: (signal) => run.kinds.refresh(run.connection, signal),
  };
}

async function writeSteps(
  plan: Plan,
  context: WriteContext,
  { run, signal }: { run: ClusterRun; signal: AbortSignal },
): Promise<ChangeResult[]> {
  const total = plan.steps.flat().length;
  const results: ChangeResult[] = [];
  for (const step of plan.steps.slice(0, plan.pauseAfter ?? plan.steps.length)) {
    const stepResults = await inParallel(step, REQUESTS_AT_ONCE, (change) => write(change, context, signal));
    results.push(...stepResults);
    run.progress({ done: results.length, total });
    if (stepResults.some(({ kind }) => kind === 'failed')) break;
  }
  return results;
}

async function pruneSteps(
  plan: Plan,
  context: Omit<PruneContext, 'removed'>,
  signal: AbortSignal,
): Promise<readonly ChangeResult[]> {
  const results: ChangeResult[] = [];
  // What another target defines is free for it once this run has written everything.
  if (isThrough(plan) && plan.releases.length > 0) {
    const { release } = await import('./release.ts');
    results.push(...(await inParallel(plan.releases, REQUESTS_AT_ONCE, (each) => release(each, context, signal))));
  }
  for (const step of prunesNow(plan)) {
    const removed = results.flatMap((result) => (result.kind === 'pruned' ? [result.prune.entry] : []));
    const pruneOne = (change: Prune) => prune(change, { ...context, removed }, signal);
    results.push(...(await inParallel(step, REQUESTS_AT_ONCE, pruneOne)));
  }
  return results;
}

function countAfter({ gathered, plan }: Application, after: readonly Entry[]): number {
  return gathered.facts.count - countIn(plan.before, 'all') + countIn(after, 'all');
}
