import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { Refusal } from '../../error/refused-object.ts';
import type { JsonObject, Resource, ResourceId, Json } from '../../resource/resource.ts';
import type { ObjectId, Revision } from '../../snapshot/source.ts';
import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { RunState } from '../../state/target-state.ts';
import type { Entry, ObservedVersion } from '../../state/inventory.ts';
import type { FieldChange } from './field-changes.ts';

/**
 * What is in the way of an object, by the status code and the reasons of the server's answer. Never by its text: a rejected
 * field is also worded "Forbidden".
 */
export type Obstacle =
  | 'kind'
  | 'namespace'
  /** Another object that it names is missing. */
  | 'reference'
  /** A field that its kind does not declare. */
  | 'schema'
  /** A right, a quota, a limit, a class or Pod Security: their answers differ only in the text. */
  | 'forbidden'
  /** An admission policy or webhook. */
  | 'policy'
  /** The object itself: only another manifest passes. */
  | 'content';

/** What the API server reported about one desired object; nothing was written. `warnings`: the server's texts. */
export type Observation =
  /** The recorded hash matches the manifest, so no request was sent. */
  | { readonly kind: 'recorded' }
  /** `headgate.dev/apply: ignore`: no request was sent. */
  | { readonly kind: 'left-alone' }
  | { readonly kind: 'creates'; readonly warnings?: readonly string[] }
  /**
   * `ownersOnly`: no value changes, only the ownership of some field. `taken`: the fields that applying takes from other
   * managers.
   */
  | {
      readonly kind: 'updates';
      readonly live: ObservedVersion;
      readonly ownersOnly?: boolean;
      readonly taken?: readonly FieldConflict[];
      readonly warnings?: readonly string[];
      /** Our managedFields entry names an API version that the manifest no longer uses, and must be migrated first. */
      readonly migrates?: true;
      /** The number of replicas leaves Git, and changes with that. */
      readonly replicas?: Pick<FieldChange, 'before' | 'after'>;
    }
  | { readonly kind: 'unchanged'; readonly live: ObservedVersion; readonly warnings?: readonly string[] }
  /** The update was refused, creating it under another name passed, and the manifest allows delete and re-create. */
  | {
      readonly kind: 'replaces';
      readonly live: ObservedVersion;
      readonly problem: Refusal;
      readonly warnings?: readonly string[];
    }
  /** `headgate.dev/apply: create-only`, and the object exists. */
  | { readonly kind: 'exists'; readonly live: ObservedVersion }
  /** No dry run was possible: its namespace or its kind does not exist yet. */
  | { readonly kind: 'skipped'; readonly problem: Problem; readonly obstacle: Obstacle; readonly quota?: never }
  /** `quota`: the name of the quota that the object exceeds. */
  | { readonly kind: 'refused'; readonly problem: Refusal; readonly obstacle: Obstacle; readonly quota?: string }
  /** The update of an object that exists was refused, and an earlier step may remove the obstacle. */
  | {
      readonly kind: 'blocked';
      readonly live: ObservedVersion;
      readonly problem: Refusal;
      readonly obstacle: Obstacle;
      readonly quota?: string;
    }
  | { readonly kind: 'terminating'; readonly finalizers: readonly string[] };

/** A field that another manager owns: `.spec.replicas`, `kubectl-edit`. */
export interface FieldConflict {
  readonly field: string;
  readonly manager: string;
}

/** One desired object, the body to apply, and what is known about it. */
export interface Candidate {
  readonly resource: Resource;
  readonly body: JsonObject;
  readonly hash: string | null;
  readonly observation: Observation;
  /** Read if the object exists but no entry has its uid, or if it now has another owner; otherwise null. */
  readonly live: LiveMetadata | null;
}

/** An object that another one depends on and that no touched file defines: read live. */
export type LiveDependency =
  /** It does not exist, or belongs to another owner. */
  | { readonly kind: 'outside' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'not-ready'; readonly object: AwaitedObject };

/** The target that a state object belongs to. */
export interface TargetLocation {
  readonly name: string;
  readonly namespace: string;
  /** It follows the same ref and has not applied this commit, so it may release the object when it does. */
  readonly isBehind?: boolean;
  /** It follows the same ref, and releases nothing. */
  readonly isSuspended?: boolean;
}

/** Another target that follows the same ref, and whether it defines an object that left this target. */
export interface Elsewhere {
  readonly target: string;
  /**
   * `undecided`: only its next run decides, because it renders as a whole or has a file that cannot be read. `awaited`: it
   * defines an object that this target has already released. `taken`: it has taken the object over, or the object is gone.
   * `inhabited`: it has yet to apply this commit, which may delete what it has in a Namespace or of a definition.
   */
  readonly kind: 'defined' | 'undecided' | 'awaited' | 'taken' | 'inhabited';
  /** It has tried to apply this commit, or does not run: requesting a run would decide nothing. */
  readonly hasRun: boolean;
}

/** A document, symlink or submodule that yields no manifest. */
export interface Unread {
  readonly path: string;
  readonly problem: Problem;
}

/** An object to prune, and the values that no other object can have before: `nodePort 31789`. */
export interface Holder {
  readonly id: ResourceId;
  readonly values: readonly string[];
}

/** The whole input of a plan. Saved as JSON, it replays the decision. */
export interface Facts {
  readonly target: Target;
  readonly applySetId: string;
  readonly source: { readonly revision: Revision; readonly rootTree: ObjectId; readonly tree: ObjectId | null };
  /** The files that were read: changed, dirty, or needed to distinguish a move from a deletion. */
  readonly touched: ReadonlySet<string>;
  /** The entries of every shard that holds a touched file. */
  readonly entries: readonly Entry[];
  /** The files that an earlier run touched and did not finish. */
  readonly dirty: RunState['dirty'];
  /** The inventory was missing and was rebuilt from the labels in the cluster, so it must be written in full. */
  readonly isRebuilt: boolean;
  /** The number of objects in the whole inventory. */
  readonly count: number;
  readonly candidates: readonly Candidate[];
  /** By `formatId`. */
  readonly references: ReadonlyMap<string, LiveDependency>;
  /** Objects that an unfinished run wrote and that are ready, by `formatId`. Read only if manifests set an order. */
  readonly ready: ReadonlySet<string>;
  /** Other Headgate targets that claim a candidate, by ApplySet id. */
  readonly otherTargets: ReadonlyMap<string, TargetLocation>;
  /** Objects that left this target and that another target defines, or may define, by `formatId`. */
  readonly elsewhere: ReadonlyMap<string, Elsewhere>;
  /** Read only if an object that is written wants such a value. */
  readonly holders: readonly Holder[];
  readonly unread: readonly Unread[];
  /** Mistakes in the files and violations of the target's policy. */
  readonly problems: readonly Problem[];
  /** The target's namespace does not exist. */
  readonly namespaceMissing: boolean;
}

/** What the plan needs from a live object; read as metadata only. */
export interface LiveMetadata {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Set while the object waits for its finalizers. */
  readonly deletionTimestamp: string | null;
  readonly finalizers: readonly string[];
  /** `metadata.managedFields`, unparsed. */
  readonly managedFields: readonly Json[];
}
