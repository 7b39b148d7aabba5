import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { JsonObject, Resource, Json } from '../../resource/resource.ts';
import type { ObjectId, Revision } from '../../snapshot/source.ts';
import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { RunState } from '../../state/target-state.ts';
import type { Entry, ObservedVersion } from '../../state/inventory.ts';

/** What the API server said about one desired object, without anything having been written. `warnings`: in its own words. */
export type Observation =
  /** The recorded hash is that of the manifest: nothing was asked. */
  | { readonly kind: 'recorded' }
  /** `headgate.dev/apply: ignore`: nothing was asked. */
  | { readonly kind: 'left-alone' }
  | { readonly kind: 'creates'; readonly warnings?: readonly string[] }
  /**
   * `ownersOnly`: every value is as it will be, and another manager holds some field of ours. `taken`: what applying takes
   * from other managers.
   */
  | {
      readonly kind: 'updates';
      readonly live: ObservedVersion;
      readonly ownersOnly?: boolean;
      readonly taken?: readonly FieldConflict[];
      readonly warnings?: readonly string[];
      /** Our share is recorded in a version of the API that the manifest has left, and has to follow it first. */
      readonly migrates?: true;
    }
  | { readonly kind: 'unchanged'; readonly live: ObservedVersion; readonly warnings?: readonly string[] }
  /** Refused as it is, accepted under another name, and its manifest allows it to be deleted and made anew. */
  | {
      readonly kind: 'replaces';
      readonly live: ObservedVersion;
      readonly problem: Problem;
      readonly warnings?: readonly string[];
    }
  /** `headgate.dev/apply: create-only`, and it is there. */
  | { readonly kind: 'exists'; readonly live: ObservedVersion }
  /** No dry run was possible or allowed: what it lives in, or its kind, is not there yet. */
  | { readonly kind: 'not-asked'; readonly problem: Problem }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'terminating'; readonly finalizers: readonly string[] };

/** A field that another manager holds: `.spec.replicas`, `kubectl-edit`. */
export interface FieldConflict {
  readonly field: string;
  readonly manager: string;
}

/** One desired object, what will be sent for it, and what is known about it. */
export interface Candidate {
  readonly resource: Resource;
  readonly body: JsonObject;
  readonly hash: string | null;
  readonly observation: Observation;
  /** Read when the object exists without an entry of its uid, or was given to another owner; else null. */
  readonly live: LiveMetadata | null;
}

/** An object that another one depends on, and that no touched file defines: read live. */
export type Reference =
  /** It is not there, or not this target's. */
  | { readonly kind: 'outside' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'not-ready'; readonly object: AwaitedObject };

/** A target as its state says it. */
export interface TargetLocation {
  readonly name: string;
  readonly namespace: string;
}

/** A document, symlink or submodule that yields no manifest. */
export interface Unread {
  readonly path: string;
  readonly problem: Problem;
}

/** Everything that a plan is made from: one JSON file of it replays a decision. */
export interface Facts {
  readonly target: Target;
  readonly applySetId: string;
  readonly source: { readonly revision: Revision; readonly rootTree: ObjectId; readonly tree: ObjectId | null };
  /** The files that were read: changed, dirty, or needed to tell a move from a deletion. */
  readonly touched: ReadonlySet<string>;
  /** The entries of every shard that a touched file belongs to. */
  readonly entries: readonly Entry[];
  /** The files that a run before this one touched and did not finish. */
  readonly dirty: RunState['dirty'];
  /** The inventory was not there and was made again from the labels in the cluster: it has to be written whole. */
  readonly isRebuilt: boolean;
  /** Objects in the whole inventory. */
  readonly count: number;
  readonly candidates: readonly Candidate[];
  /** By `formatId`. */
  readonly references: ReadonlyMap<string, Reference>;
  /** Objects that an unfinished run wrote and that are ready, by `formatId`; looked at only where an order is asked for. */
  readonly ready: ReadonlySet<string>;
  /** Our own other targets that claim a candidate, by the id of their set. */
  readonly otherTargets: ReadonlyMap<string, TargetLocation>;
  readonly unread: readonly Unread[];
  /** Mistakes in the files, and what the target's policy refuses. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** The target's namespace does not exist. */
  readonly namespaceMissing: boolean;
}

/** What the plan needs of a live object; read as metadata only. */
export interface LiveMetadata {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Set while the object waits for its finalizers. */
  readonly deletionTimestamp: string | null;
  readonly finalizers: readonly string[];
  /** Who holds which fields, as the server says it. */
  readonly managedFields: readonly Json[];
}
