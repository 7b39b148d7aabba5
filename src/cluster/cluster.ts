import type { ChangeResult } from '../plan/planner/after.ts';
import type { StateChange, TargetState } from '../state/target-state.ts';
import { NOTHING_RECORDED, joinChanges, withChange } from '../state/target-state.ts';
import type { Facts, FieldConflict } from '../plan/model/facts.ts';
import type { Plan, Prune, Write } from '../plan/model/plan.ts';
import { applyPlan } from './apply/apply.ts';
import type { OpenRun } from './apply/apply.ts';
import { readCapabilities } from './api/capabilities.ts';
import type { Capabilities } from './api/capabilities.ts';
import type { Connection } from './api/connection.ts';
import { eventRequest } from './state/event.ts';
import type { ClusterEvent } from './state/event.ts';
import { gatherFacts } from './observe/gather-facts.ts';
import { conflictingManagers } from './observe/conflicting-managers.ts';
import { refuseHeldLease } from './state/lease.ts';
import { listInventory } from './observe/list-inventory.ts';
import type { ListedInventory } from './observe/list-inventory.ts';
import { listGeneratedTargets } from './state/generated-targets.ts';
import type { GeneratedTargetState } from './state/generated-targets.ts';
import { applySetId } from './state/parent.ts';
import type { Parent } from './state/parent.ts';
import { preview } from './observe/preview.ts';
import type { Preview } from './observe/preview.ts';
import { readinessOf } from './readiness/readiness.ts';
import type { Readiness } from './readiness/readiness.ts';
import type { ClusterRun } from './state/run.ts';
import { stateStore } from './state/state-store.ts';
import { problemOf } from './api/status.ts';
import { planUninstall, uninstall } from './apply/uninstall.ts';
import type { Removed } from './apply/uninstall.ts';
import type { UninstallAction } from '../plan/ownership/uninstall-action.ts';
import type { ObserveQuestion, ObserveContext, Gathered } from './observe/context.ts';
import type { StateTransitions } from './apply/application.ts';

/** One target's cluster, for one run. It remembers what it read, so that every write is bound to what was read. */
export interface TargetCluster {
  readonly usage: Connection['usage'];
  /** The recorded state. @throws DeployError `foreign-owner`, `state-newer`, and to write `lease-held` while another run works. */
  readApplied(purpose: 'look' | 'write', signal: AbortSignal): Promise<TargetState>;
  /** What is owned as metadata lists show it; null when the recorded inventory is not whole. Nothing is written. */
  listInventory(signal: AbortSignal): Promise<ListedInventory | null>;
  /** Everything that the plan needs. Nothing is written. */
  observe(question: ObserveQuestion, signal: AbortSignal): Promise<Facts>;
  /** Version and served APIs, as templates may ask for them. */
  capabilities(signal: AbortSignal): Promise<Capabilities>;
  /** Opens the run, writes and prunes. */
  apply(plan: Plan, ends: StateTransitions, signal: AbortSignal): Promise<readonly ChangeResult[]>;
  /** Records what was applied and closes the run: only this commits. */
  close(signal: AbortSignal): Promise<void>;
  /** What a planned update would change, field by field, and whether a planned deletion would be done. Nothing is written. */
  preview(change: Write | Prune, signal: AbortSignal): Promise<Preview>;
  /** Which fields of a planned update others hold against us. Nothing is written. */
  conflictingManagers(change: Write, signal: AbortSignal): Promise<readonly FieldConflict[]>;
  /** Changes the state only: an attempt that was refused, a commit that needs no write. */
  record(change: StateChange, signal: AbortSignal): Promise<void>;
  /** The states of made targets in this namespace, whoever they are of; null where we may not look. */
  generatedTargets(signal: AbortSignal): Promise<readonly GeneratedTargetState[] | null>;
  /** What would become of everything that the target owns if it were uninstalled. Nothing is written. */
  planUninstall(options: { readonly isKept: boolean }, signal: AbortSignal): Promise<readonly UninstallAction[]>;
  /** Deletes or releases it, and forgets the target. */
  uninstall(fates: readonly UninstallAction[], signal: AbortSignal): Promise<readonly Removed[]>;
  /** Best effort: an Event that cannot be written fails nothing. */
  event(event: ClusterEvent, signal: AbortSignal): Promise<void>;
  readonly readiness: Readiness;
}

export function targetCluster(run: ClusterRun): TargetCluster {
  const { connection, target, runner } = run;
  const store = stateStore(connection, target);
  let parent: Parent | null = null;
  let gathered: Gathered | null = null;
  let open: OpenRun | null = null;
  const kindOf: ObserveContext['kindOf'] = ({ id, apiVersion }) => run.kinds.find({ apiVersion, kind: id.kind });

  return {
    usage: connection.usage,
    readiness: readinessOf(run, store),
    async readApplied(purpose, signal) {
      parent = await store.readParent(signal);
      if (purpose === 'write') refuseHeldLease(parent?.state.run.lease ?? null, runner, target);
      return parent?.state ?? NOTHING_RECORDED;
    },
    listInventory: async (signal) => (parent === null ? null : listInventory(parent, { ...run, store }, signal)),
    async observe(question, signal) {
      run.onRevision(question.source.revision);
      gathered = await gatherFacts(question, { ...run, store, parent, applySetId: applySetId(target) }, signal);
      return gathered.facts;
    },
    capabilities: (signal) => readCapabilities(run, signal),
    async apply(plan, ends, signal) {
      if (gathered === null) return [];
      open = await applyPlan({ plan, ends, gathered, parent }, { ...run, store }, signal);
      return open.results;
    },
    async close(signal) {
      await open?.close(signal);
      open = null;
    },
    async preview(change, signal) {
      const touched = gathered?.facts.touched ?? new Set();
      const context = { connection, kinds: run.kinds, target, kindOf, applySetId: applySetId(target), touched };
      return preview(change, context, signal);
    },
    conflictingManagers: (change, signal) => conflictingManagers(change, { connection, target, kindOf }, signal),
    async record(change, signal) {
      const count = change.run?.dirty === undefined || gathered === null ? {} : { count: gathered.facts.count };
      const always = { run: { lease: null }, inventory: count };
      const state = withChange(parent?.state ?? NOTHING_RECORDED, joinChanges(always, change));
      parent = await store.writeParent(parent, state, signal);
    },
    generatedTargets: (signal) => listGeneratedTargets(run, signal),
    planUninstall: (options, signal) => planUninstall(options, { ...run, store, parent }, signal),
    uninstall: (fates, signal) => uninstall(fates, { ...run, store, parent }, signal),
    async event(event, signal) {
      const request = eventRequest(event, { target, nowMs: runner.nowMs(), parentUid: parent?.uid ?? '' });
      const answer = await connection.request(request, signal);
      if (answer.status >= 300) throw problemOf(answer, { subject: `Event in ${target.namespace}`, secret: false });
    },
  };
}
