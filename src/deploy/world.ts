import type { CommitStatus } from '../githost/git-host.ts';
import type { AppliedSource, ObjectId, Revision, Source, SourceFile } from '../resource/source.ts';
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
  /** Null: nothing is known to be applied, read everything below the path. */
  readonly base: AppliedSource | null;
  readonly hint: { readonly revision: Revision; readonly rootTree: ObjectId | null } | null;
  /** Paths to read whether they differ or not. */
  readonly also: readonly string[];
  /** Which paths are worth their bytes; the others are not in the answer. */
  readonly wants: (path: string) => boolean;
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
  /** The id of the tree (or blob) at each path of a commit; null where nothing is. */
  trees(revision: Revision, paths: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, ObjectId | null>>;
  /** Is `older` reachable from `newer`? */
  isAncestor(older: Revision, newer: Revision, signal: AbortSignal): Promise<boolean>;
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
