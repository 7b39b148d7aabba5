import type { Cluster, Observed, RecordedTarget } from '../deploy/ports/cluster.ts';
import { NOTHING_RECORDED, joinChanges, withChange } from '../state/target-state.ts';
import type { StateChange } from '../state/target-state.ts';
import { applyPlan, countIn } from './apply/apply.ts';
import type { UninstallContext } from './apply/uninstall.ts';
import { problemOf } from './api/status.ts';
import type { Gathered, ObserveContext } from './observe/context.ts';
import { gatherFacts } from './observe/gather-facts.ts';
import { conflictingManagers, preview } from './observe/preview.ts';
import type { Descendants } from './readiness/descendants.ts';
import { targetReadiness } from './readiness/readiness.ts';
import { eventRequest } from './state/event.ts';
import type { GeneratedTargetState } from './state/generated-targets.ts';
import { refuseHeldLease } from './state/lease.ts';
import { applySetId } from './state/parent.ts';
import type { Parent } from './state/parent.ts';
import type { ClusterRun } from './state/run.ts';
import { stateStore } from './state/state-store.ts';
import type { StateStore } from './state/state-store.ts';

/** One target's cluster, with what only commands need. */
export interface TargetCluster extends Cluster {
  read(purpose: 'read-only' | 'write', signal: AbortSignal): Promise<OwnedTarget>;
  /** The states of generated targets in this namespace, of any template; null if listing is forbidden. */
  generatedTargets(signal: AbortSignal): Promise<readonly GeneratedTargetState[] | null>;
  /** What controllers have made in these namespaces, and all their events. */
  descendants(namespaces: readonly string[], signal: AbortSignal): Promise<Descendants>;
}

export interface OwnedTarget extends RecordedTarget {
  /** For the one command that uninstalls: no function does, so its code is in none of their bundles. */
  readonly uninstallContext: UninstallContext;
}

interface StoredRun extends ClusterRun {
  readonly store: StateStore;
}

export function targetCluster(run: ClusterRun) {
  const { connection, target, runner } = run;
  const store = stateStore(connection, target);
  return {
    usage: connection.usage,
    readiness: targetReadiness(run, store),
    async read(purpose, signal) {
      const parent = await store.readParent(signal);
      if (purpose === 'write') refuseHeldLease(parent?.state.run.lease ?? null, runner, target);
      return recordedTarget(parent, { ...run, store });
    },
    // What a plain push does not need is loaded when it is needed.
    async capabilities(signal) {
      const { readCapabilities } = await import('./api/capabilities.ts');
      return readCapabilities(run, signal);
    },
    async blockedTargets(lifted, signal) {
      const { listBlockedTargets } = await import('./state/blocked-targets.ts');
      return listBlockedTargets(lifted, run, signal);
    },
    async generatedTargets(signal) {
      const { listGeneratedTargets } = await import('./state/generated-targets.ts');
      return listGeneratedTargets(run, signal);
    },
    async descendants(namespaces, signal) {
      const { readDescendants } = await import('./readiness/descendants.ts');
      return readDescendants(namespaces, { connection, nowMs: runner.nowMs }, signal);
    },
    async changeHold(decide, signal, command = null) {
      const { changeHold } = await import('./state/change-hold.ts');
      return changeHold(store, { decide, command }, signal);
    },
    async event(event, signal) {
      const request = eventRequest(event, { target, nowMs: runner.nowMs(), parentUid: store.parentUid() ?? '' });
      const answer = await connection.request(request, signal);
      if (answer.status >= 300)
        throw await problemOf(answer, { subject: `Event in ${target.namespace}`, secret: false });
    },
  } satisfies TargetCluster;
}

/** Null: the target has no state object yet. */
function recordedTarget(parent: Parent | null, run: StoredRun): OwnedTarget {
  return {
    state: parent?.state ?? NOTHING_RECORDED,
    async listInventory(signal) {
      if (parent === null) return null;
      const { listInventory } = await import('./state/list-inventory.ts');
      return listInventory(parent, run, signal);
    },
    async observe(question, signal) {
      run.onRevision(question.source.revision);
      const context = { ...run, parent, applySetId: applySetId(run.target) };
      return observedTarget({ parent, gathered: await gatherFacts(question, context, signal) }, run);
    },
    record: (change, signal) => record(parent, change, { run, signal }),
    uninstallContext: { ...run, parent },
  };
}

function observedTarget(at: { parent: Parent | null; gathered: Gathered }, run: StoredRun): Observed {
  const { connection, kinds } = run;
  const { facts } = at.gathered;
  const kindOf: ObserveContext['kindOf'] = ({ id, apiVersion }) => kinds.find({ apiVersion, kind: id.kind });
  return {
    facts,
    preview(change, plan, signal) {
      const removed = plan.prunes.flat().map(({ entry }) => entry);
      const written = facts.candidates.map(({ resource }) => resource.id);
      const context = { ...facts, connection, kinds, kindOf, removed, written };
      return preview(change, context, signal);
    },
    conflictingManagers: (change, signal) => conflictingManagers(change, { connection, kindOf }, signal),
    record(change, signal) {
      // The recorded count excludes the objects of dirty files, so it changes with them.
      const dirty = change.run?.dirty;
      const counted: StateChange =
        dirty === undefined ? {} : { inventory: { count: facts.count - countIn(facts.entries, dirty) } };
      return record(at.parent, joinChanges(counted, change), { run, signal });
    },
    apply: (plan, transitions, signal, opened) => applyPlan({ ...at, plan, transitions }, run, signal, opened),
  };
}

async function record(
  parent: Parent | null,
  change: StateChange,
  { run, signal }: { run: StoredRun; signal: AbortSignal },
): Promise<RecordedTarget> {
  const unleased = joinChanges({ run: { lease: null } }, change);
  const state = withChange(parent?.state ?? NOTHING_RECORDED, unleased);
  return recordedTarget(await run.store.writeParent(parent, state, signal), run);
}
