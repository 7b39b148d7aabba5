import type { Target } from '../../config/checked/config.ts';
import type { Problem } from '../../error/deploy-error.ts';
import type { CommitStatus } from '../../githost/port/git-host.ts';
import type { ChangeResult } from '../../plan/planner/after.ts';
import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { Health } from '../../health/readiness.ts';
import type { Applied } from '../../state/target-state.ts';
import type { Facts, Unread } from '../../plan/model/facts.ts';
import type { Entry } from '../../state/inventory.ts';
import type { Plan, Prune, Write } from '../../plan/model/plan.ts';
import type { Listed } from '../../state/suspect.ts';
import type { Json, JsonObject, Manifest } from '../../resource/resource.ts';
import type { WrappedKey } from '../../desired/sops/envelope.ts';
import type {
  AppliedSource,
  ObjectId,
  Revision,
  Source,
  SourceFile,
  PathContent,
  TreeAt,
} from '../../snapshot/source.ts';
import type { Checks } from './check-request.ts';
import type { DeployRequest } from './request.ts';

/** What was asked of the other side since this port was made: one port serves one run. */
export interface Usage {
  readonly requests: number;
  readonly bytes: number;
}

export interface SourceQuery {
  /** `refs/heads/main` */
  readonly ref: string;
  /** A commit to read instead of the ref's tip (`plan --revision`). */
  readonly at: Revision | null;
  readonly path: string;
  readonly inputs: readonly string[];
  /** Their ids at the base, as far as they are known: what is surely the same is not asked for. */
  readonly recorded: Readonly<Record<string, ObjectId | null>>;
  /** Null: nothing is known to be applied, read everything below the path. */
  readonly base: AppliedSource | null;
  readonly hint: { readonly revision: Revision; readonly rootTree: ObjectId | null } | null;
  /** Paths to read whether they differ or not. */
  readonly also: readonly string[];
  /** Which paths are worth their bytes; the others are not in the answer. */
  readonly isRead: (path: string, kind: SourceFile['kind']) => boolean;
}

/** A repository, for one run. Every method fails with a DeployError; none ever answers "empty" for an error. */
export interface Git {
  readonly usage: Usage;
  /** The tips of these refs; a ref that does not exist is not in the map. One request. */
  tips(refs: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Revision>>;
  /** The tip, and the files below the path that may differ from the base. `ref-missing` when there is no such ref. */
  since(query: SourceQuery, signal: AbortSignal): Promise<Source>;
  /** These paths at this tree, whatever was applied. */
  files(rootTree: ObjectId, paths: readonly string[], signal: AbortSignal): Promise<readonly SourceFile[]>;
  /** What stands at these paths, contents included, in their order. */
  readPaths(at: TreeAt, paths: readonly string[], signal: AbortSignal): Promise<readonly PathContent[]>;
  /** Every file below these directories, contents included. */
  below(
    trees: readonly { readonly path: string; readonly oid: ObjectId }[],
    signal: AbortSignal,
  ): Promise<readonly SourceFile[]>;
  /** The id of the tree (or blob) at each path of a commit; null where nothing is. */
  trees(
    revision: Revision,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ObjectId | null>>;
  /** The whole tree of a commit. `revision-missing` when there is no such commit. */
  rootTree(revision: Revision, signal: AbortSignal): Promise<ObjectId>;
  /** Is `older` reachable from `newer`? */
  isAncestor(older: Revision, newer: Revision, signal: AbortSignal): Promise<boolean>;
}

/** The renderers that are programs of their own. What goes in is all that they see, and nothing stays behind. */
export interface Tools {
  /** `kustomize v1.36.3`: with another version the same files may render to something else. */
  nameOf(renderer: 'kustomize' | 'helm', signal: AbortSignal): Promise<string>;
  /** What `kubectl kustomize` prints. @throws DeployError `render-failed`, `render-limit`, `tool-missing` */
  kustomize(build: KustomizeBuild, signal: AbortSignal): Promise<Uint8Array>;
  /** What `helm template` prints. */
  template(template: HelmTemplate, signal: AbortSignal): Promise<Uint8Array>;
  /** Gets a chart from where it is published, once; its digest, `sha256:…`. */
  pull(chart: ChartFrom, signal: AbortSignal): Promise<string>;
}

/** Opens the data keys of encrypted files with the keys of the target. */
export interface DataKeys {
  /** Null: none of them fits. @throws DeployError when a key is not to be had, or its service does not answer. */
  open(key: WrappedKey, signal: AbortSignal): Promise<Uint8Array | null>;
}

export type ChartFrom =
  | { readonly kind: 'repository'; readonly url: string; readonly chart: string; readonly version: string }
  | { readonly kind: 'oci'; readonly url: string; readonly version: string };

export interface HelmTemplate {
  readonly files: readonly RenderFile[];
  readonly chart: { readonly directory: string } | { readonly digest: string };
  readonly release: string;
  readonly namespace: string;
  /** Files with values, in order. */
  readonly values: readonly string[];
  /** Values above all of them. */
  readonly set: JsonObject;
  /** Of the cluster: `v1.37.2`. */
  readonly version: string;
  readonly apiVersions: readonly string[];
  /** What an error is about when it names no template, and the name that templates begin with. */
  readonly file: string;
  readonly name: string;
}

export interface RenderFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface KustomizeBuild {
  readonly files: readonly RenderFile[];
  /** The directory that is built, and its kustomization file. */
  readonly directory: string;
  readonly file: string;
  readonly loadRestrictor: 'root-only' | 'none';
  readonly usesHelm: boolean;
  readonly usesRemote: boolean;
}

/** The Git host's API, for one run. A status that cannot be written is retried, then thrown as `host-unreachable`. */
export interface Statuses {
  readonly usage: Usage;
  set(revision: Revision, status: CommitStatus, signal: AbortSignal): Promise<void>;
}

export interface Queue {
  /** Rejects with `queue-unreachable`; after it resolved, no request is lost by a crash. */
  send(requests: readonly DeployRequest[], signal: AbortSignal): Promise<void>;
}

export interface DesiredFiles {
  /** Every path that was looked at, the deleted ones included. */
  readonly touched: ReadonlySet<string>;
  readonly manifests: readonly Manifest[];
  readonly unread: readonly Unread[];
  readonly problems: readonly Problem[];
}

/** What the state says of a run besides its inventory: from its first write on, and after either end. */
export interface StateTransitions {
  readonly onOpen: Partial<Applied>;
  readonly onSuccess: Partial<Applied>;
  readonly onFailure: (results: readonly ChangeResult[]) => Partial<Applied>;
  /** Of a run that stops before a step, until what comes first is ready. */
  readonly onPause: (results: readonly ChangeResult[]) => Partial<Applied>;
}

export type Preview =
  | { readonly kind: 'differs'; readonly fields: readonly FieldChange[] }
  | { readonly kind: 'prune' }
  | { readonly kind: 'keep'; readonly reason: string };

/** One field before and after; undefined where it is not there. Values of Secrets are masked. */
export interface FieldChange {
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** The recorded inventory, and what the cluster shows of it. */
export interface ListedInventory {
  /** Of the kinds that could be listed. */
  readonly entries: readonly Entry[];
  /** By `formatId`. */
  readonly listed: ReadonlyMap<string, Listed>;
  /** What the state announces to other tools, exactly. */
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
    | 'Ready'
    | 'NotReady';
  readonly message: string;
}

export interface NotReady {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly reason: string;
}

/** What the target's `.ready` object says: what checks found out last. */
export interface ReadinessRecord {
  readonly revision: Revision;
  readonly sinceMs: number;
  readonly readiness: 'progressing' | 'ready' | 'not-ready';
  readonly notReady: readonly NotReady[];
  /** RFC 3339. */
  readonly at: string;
}

/** Are the objects of one target ready? It only reads, but for the target's `.ready` object. */
export interface Readiness {
  /** In the order of the objects; what cannot be read is unknown, with the reason. @throws DeployError when the world does not answer. */
  readHealth(objects: readonly AwaitedObject[], signal: AbortSignal): Promise<readonly SeenHealth[]>;
  /** Returns when something about what was last looked at may have changed, or after so long. */
  changed(longestMs: number, signal: AbortSignal): Promise<void>;
  /** Everything that the target owns and that takes time to become ready. */
  owned(applied: Applied, signal: AbortSignal): Promise<readonly AwaitedObject[]>;
  read(signal: AbortSignal): Promise<ReadinessRecord | null>;
  write(record: ReadinessRecord, signal: AbortSignal): Promise<void>;
  /** Ends what `changed` watches. */
  close(): void;
}

export type SeenHealth = Health | { readonly kind: 'unknown'; readonly reason: string };

/** One target's cluster, for one run. It remembers what it read: every write is bound to that. */
export interface Cluster {
  readonly usage: Usage;
  /** To write, `lease-held` is thrown while another run works. */
  readApplied(purpose: 'look' | 'write', signal: AbortSignal): Promise<Applied>;
  /** What is owned as the cluster's lists show it; null when the recorded inventory is not whole. Nothing is written. */
  listInventory(signal: AbortSignal): Promise<ListedInventory | null>;
  observe(
    question: {
      readonly source: Source;
      readonly desired: DesiredFiles;
      readonly settings: string;
      /** Objects, as `formatId` writes them, whose recorded hash is not believed. */
      readonly suspects?: ReadonlySet<string> | 'all';
      /** As in `Applied.renderer`. */
      readonly renderer: string;
      /** What was desired before, and these files too. */
      readonly readAlso: (paths: readonly string[]) => Promise<DesiredFiles>;
    },
    signal: AbortSignal,
  ): Promise<Facts>;
  /** What templates may ask of the cluster: its version, and `group/version` and `group/version/Kind` of what it serves. */
  capabilities(signal: AbortSignal): Promise<{ readonly version: string; readonly apiVersions: readonly string[] }>;
  /** Opens the run, writes and prunes. */
  apply(plan: Plan, ends: StateTransitions, signal: AbortSignal): Promise<readonly ChangeResult[]>;
  /** Records what was applied and closes the run: only this commits. */
  close(signal: AbortSignal): Promise<void>;
  preview(change: Write | Prune, signal: AbortSignal): Promise<Preview>;
  /** Which fields of a planned update others hold against us. */
  conflictingManagers(change: Write, signal: AbortSignal): Promise<readonly { field: string; manager: string }[]>;
  /** Changes the state alone. */
  record(change: Partial<Applied>, signal: AbortSignal): Promise<void>;
  event(event: ClusterEvent, signal: AbortSignal): Promise<void>;
  readonly readiness: Readiness;
}

/** Everything outside that one run of one target needs. */
export interface World {
  readonly target: Target;
  readonly cluster: Cluster;
  readonly git: Git;
  readonly tools: Tools;
  readonly dataKeys: DataKeys;
  /** Null: nothing is reported to commits. */
  readonly statuses: Statuses | null;
  readonly checks: Checks;
  /** The targets that this one depends on and that are not at their tip, or not ready there. */
  readonly unmet: (signal: AbortSignal) => Promise<readonly string[]>;
  /** What stands against the name of this target, if a rule made it: other directories that come to it. */
  readonly namesakes: (signal: AbortSignal) => Promise<readonly Problem[]>;
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Times a stage and logs its end. */
  readonly stage: <T>(name: Stage, work: () => T | Promise<T>) => Promise<T>;
  /** Awaits what must not fail a deploy; a failure becomes a warning in the log. */
  readonly warn: (work: Promise<void>) => Promise<void>;
}

export type Stage = 'fetch' | 'render' | 'plan' | 'apply' | 'record';
