import type { Target } from '../config/config.ts';
import type { ChangeResult } from '../plan/after.ts';
import type { Applied } from '../plan/applied.ts';
import { NOTHING_APPLIED } from '../plan/applied.ts';
import type { Facts, Unread } from '../plan/facts.ts';
import type { Plan, Prune, Write } from '../plan/plan.ts';
import type { ObserveContext } from './observe.ts';
import { preview } from './preview.ts';
import type { Preview } from './preview.ts';
import type { Problem } from '../error/deploy-error.ts';
import type { Manifest } from '../resource/resource.ts';
import type { Source } from '../resource/source.ts';
import { applyPlan } from './apply.ts';
import type { Connection } from './connection.ts';
import { eventRequest } from './event.ts';
import type { ClusterEvent } from './event.ts';
import { gatherFacts } from './facts.ts';
import type { Gathered } from './facts.ts';
import type { KindCache } from './kinds.ts';
import { refuseHeldLease } from './lease.ts';
import type { Runner } from './lease.ts';
import { applySetId } from './parent.ts';
import type { Parent } from './parent.ts';
import { problemOf } from './status.ts';
import { stateStore } from './state-store.ts';

/** What the files want, as the render room gives it. */
export interface DesiredFiles {
  readonly touched: ReadonlySet<string>;
  readonly manifests: readonly Manifest[];
  readonly unread: readonly Unread[];
  readonly problems: readonly Problem[];
}

export interface ObserveQuestion {
  readonly source: Source;
  readonly desired: DesiredFiles;
  /** Hash of what shapes the desired set; when it differs from the recorded one, no recorded hash is believed. */
  readonly settings: string;
  /** Reads and renders more files of the same revision, and what was desired before. */
  readonly readAlso: (paths: readonly string[]) => Promise<DesiredFiles>;
}

/** What the state says of a run besides its inventory: from its first write on, and after either end. */
export interface Ends {
  readonly open: Partial<Applied>;
  readonly well: Partial<Applied>;
  readonly badly: (results: readonly ChangeResult[]) => Partial<Applied>;
}

/** One target's cluster, for one run. It remembers what it read, so that every write is bound to what was read. */
export interface TargetCluster {
  readonly usage: Connection['usage'];
  /** The recorded state. @throws DeployError `foreign-owner`, `state-newer`, and to write `lease-held` while another run works. */
  readApplied(purpose: 'look' | 'write', signal: AbortSignal): Promise<Applied>;
  /** Everything that the plan needs. Nothing is written. */
  observe(question: ObserveQuestion, signal: AbortSignal): Promise<Facts>;
  /** Opens, writes, prunes, and closes. */
  apply(plan: Plan, ends: Ends, signal: AbortSignal): Promise<readonly ChangeResult[]>;
  /** What a planned update would change, field by field, and whether a planned deletion would be done. Nothing is written. */
  preview(change: Write | Prune, signal: AbortSignal): Promise<Preview>;
  /** Changes the state only: an attempt that was refused, a commit that needs no write. */
  record(change: Partial<Applied>, signal: AbortSignal): Promise<void>;
  /** Best effort: an Event that cannot be written fails nothing. */
  event(event: ClusterEvent, signal: AbortSignal): Promise<void>;
}

export interface ClusterRun {
  readonly connection: Connection;
  readonly kinds: KindCache;
  readonly target: Target;
  readonly runner: Runner;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** From now on requests are made for this commit. */
  readonly onRevision: (revision: string) => void;
  readonly progress: (at: { readonly done: number; readonly total: number }) => void;
}

export function targetCluster(run: ClusterRun): TargetCluster {
  const { connection, target, runner } = run;
  const store = stateStore(connection, target);
  let parent: Parent | null = null;
  let gathered: Gathered | null = null;

  return {
    usage: connection.usage,
    async readApplied(purpose, signal) {
      parent = await store.readParent(signal);
      if (purpose === 'write') refuseHeldLease(parent?.applied.lease ?? null, runner, target);
      return parent?.applied ?? NOTHING_APPLIED;
    },
    async observe(question, signal) {
      run.onRevision(question.source.revision);
      gathered = await gatherFacts(question, { ...run, store, parent, applySetId: applySetId(target) }, signal);
      return gathered.facts;
    },
    async apply(plan, ends, signal) {
      if (gathered === null) return [];
      return applyPlan({ plan, ends, gathered, parent }, { ...run, store }, signal);
    },
    async preview(change, signal) {
      const kindOf: ObserveContext['kindOf'] = ({ id, apiVersion }) => run.kinds.find({ apiVersion, kind: id.kind });
      const touched = gathered?.facts.touched ?? new Set();
      return preview(change, { connection, target, kindOf, applySetId: applySetId(target), touched }, signal);
    },
    async record(change, signal) {
      const { lease: _over, ...applied } = parent?.applied ?? NOTHING_APPLIED;
      parent = await store.writeParent(parent, { ...applied, lease: null, ...change }, signal);
    },
    async event(event, signal) {
      const request = eventRequest(event, { target, nowMs: runner.nowMs(), parentUid: parent?.uid ?? '' });
      const answer = await connection.request(request, signal);
      if (answer.status >= 300) throw problemOf(answer, { subject: `Event in ${target.namespace}`, secret: false });
    },
  };
}
