import type { Problem } from '../../error/deploy-error.ts';
import type { Desired } from '../../desired/plain/plain.ts';
import type { Entry } from '../../state/inventory.ts';
import type { Renderer } from '../../state/renderer.ts';
import type { Listed } from '../../state/suspect.ts';
import type { Hold } from '../../state/hold.ts';
import type { StateChange, TargetState } from '../../state/target-state.ts';
import type { Elsewhere, Facts, FieldConflict, TargetLocation } from '../../plan/model/facts.ts';
import type { FieldChange } from '../../plan/model/field-changes.ts';
import type { Plan, Prune, Write } from '../../plan/model/plan.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import type { Lifted } from '../../plan/planner/lifted.ts';
import type { Source } from '../../snapshot/source.ts';
import type { Readiness } from './readiness.ts';
import type { Usage } from './usage.ts';

/** One target's cluster, for one run. Each step returns the value that has the next one: read → observe → apply → close. */
export interface Cluster {
  readonly usage: Usage;
  readonly readiness: Readiness;
  /** @throws DeployError `foreign-owner`, `state-newer`; for `write` also `lease-held` while another run works. */
  read(purpose: 'read-only' | 'write', signal: AbortSignal): Promise<RecordedTarget>;
  /** The version of the cluster and the APIs that it serves, as chart templates may query them. */
  capabilities(signal: AbortSignal): Promise<Capabilities>;
  /** The targets of this cluster whose last run was refused for a reason that may be lifted now. */
  blockedTargets(lifted: Lifted, signal: AbortSignal): Promise<readonly BlockedTarget[]>;
  /**
   * Sets or ends the hold, also while a run works. `decide` gets the state as it is then. `command`: carried out once, and not
   * after a newer one.
   */
  changeHold(
    decide: (state: TargetState) => Hold | null | Promise<Hold | null>,
    signal: AbortSignal,
    command?: CommentCommand | null,
  ): Promise<TargetState>;
  /** An Event on the state object. */
  event(event: ClusterEvent, signal: AbortSignal): Promise<void>;
}

/** A command in a comment. Hosts number their comments in their order. */
export interface CommentCommand {
  /** The URL of the repository. */
  readonly repository: string;
  readonly id: string;
}

/** A target whose state was read. A write expects the version that was read, so this value allows only one. */
export interface RecordedTarget {
  readonly state: TargetState;
  /** What metadata lists show of the inventory; null when the recorded inventory is incomplete. Nothing is written. */
  listInventory(signal: AbortSignal): Promise<ListedInventory | null>;
  /** Everything that the plan needs. Nothing is written. */
  observe(question: ObserveQuestion, signal: AbortSignal): Promise<Observed>;
  /** Changes the state alone. */
  record(change: StateChange, signal: AbortSignal): Promise<RecordedTarget>;
}

/** A target whose objects were observed. */
export interface Observed {
  readonly facts: Facts;
  /** The fields that an update of this plan changes, or whether a prune deletes. Nothing is written. */
  preview(change: Write | Prune, plan: Pick<Plan, 'prunes'>, signal: AbortSignal): Promise<ChangePreview>;
  /** The fields of a planned update that other managers hold. Nothing is written. */
  conflictingManagers(change: Write, signal: AbortSignal): Promise<readonly FieldConflict[]>;
  /** Changes the state alone. */
  record(change: StateChange, signal: AbortSignal): Promise<RecordedTarget>;
  /** Opens the run, writes and prunes. `opened` is called once the run holds the lease, before it writes any object. */
  apply(plan: Plan, transitions: StateTransitions, signal: AbortSignal, opened?: () => void): Promise<OpenRun>;
}

/** A run that has written and is not closed yet. */
export interface OpenRun {
  readonly results: readonly ChangeResult[];
  /** Records the results and releases the lease. Until then every touched file is dirty and the commit does not advance. */
  close(signal: AbortSignal): Promise<void>;
}

export interface ObserveQuestion {
  readonly source: Source;
  readonly desired: Desired;
  /** Hash of what shapes the desired objects; when it differs from the recorded one, no recorded hash is trusted. */
  readonly settings: string;
  /** Objects, as `formatId` writes them, whose recorded hash is not trusted: something in the cluster contradicts it. */
  readonly suspects?: ReadonlySet<string> | 'all';
  /** Decides whether entries are sharded by object or by file. */
  readonly renderer: Renderer;
  /** Renders more files of the same revision; returns them with what was desired before. */
  readonly readAlso: (paths: readonly string[]) => Promise<Desired>;
  /** Null: nothing is pruned or taken over, so other targets do not matter. */
  readonly neighbors: Neighbors | null;
}

/** A target as its state object names it. */
export interface BlockedTarget extends TargetLocation {
  readonly repository: string;
  /** Of a generated target. */
  readonly directory: string | null;
}

/** The other targets that follow the same ref and deploy to the same cluster, at the commit of one run. */
export interface Neighbors {
  /** All of them: the cluster may not allow to list their states. */
  locations(signal: AbortSignal): Promise<readonly TargetLocation[]>;
  /** Which of the objects that left this target another one defines, or may define, by `formatId`. */
  definitionsOf(left: readonly Entry[], signal: AbortSignal): Promise<ReadonlyMap<string, Elsewhere>>;
  /** Does the other target still have to apply this commit, or to decide about what these files of it defined? */
  isBehind(other: TargetLocation, files: readonly string[], signal: AbortSignal): Promise<boolean>;
  /** Requests a run of each of these, and of this target when they have ended. */
  requestRuns(targets: readonly string[], signal: AbortSignal): Promise<void>;
}

/** What the state records of a run besides the inventory: at its first write, and at each way it can end. */
export interface StateTransitions {
  readonly onOpen: StateChange;
  readonly onSuccess: (results: readonly ChangeResult[]) => StateChange;
  readonly onFailure: (results: readonly ChangeResult[]) => StateChange;
  /** Of a run that stops before a step until earlier objects are ready. */
  readonly onPause: (results: readonly ChangeResult[]) => StateChange;
}

export interface Capabilities {
  /** `v1.37.2` */
  readonly version: string;
  /** `apps/v1` and `apps/v1/Deployment` */
  readonly apiVersions: readonly string[];
}

export type ChangePreview =
  | { readonly kind: 'differs'; readonly fields: readonly FieldChange[] }
  /** The dry run that decides about the deploy passed, but the object would be invalid once it is taken over. */
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'prune' }
  | { readonly kind: 'keep'; readonly reason: string };

/** The recorded inventory, and what the cluster shows of it. */
export interface ListedInventory {
  /** Of the kinds that could be listed. */
  readonly entries: readonly Entry[];
  /** By `formatId`. */
  readonly listed: ReadonlyMap<string, Listed>;
  /** Of the whole inventory, as the state object lists them for other tools. */
  readonly groupKinds: readonly string[];
  readonly namespaces: readonly string[];
  readonly problems: readonly Problem[];
}

export interface ClusterEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason:
    | 'Deployed'
    | 'DeployFailed'
    | 'DeployRefused'
    | 'Drifted'
    | 'DriftCorrected'
    | 'DriftContested'
    | 'DriftRefused'
    | 'Held'
    | 'HoldEnded'
    | 'WindowOverridden'
    | 'Ready'
    | 'NotReady';
  readonly message: string;
}
