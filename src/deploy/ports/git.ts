import type {
  AppliedSource,
  ObjectId,
  Revision,
  SourceFile,
  Source,
  PathContent,
  TreeAt,
} from '../../snapshot/source.ts';
import type { Usage } from './usage.ts';

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
  readonly wants: (path: string, kind: SourceFile['kind']) => boolean;
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
