import type {
  AppliedSource,
  CommitDescription,
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
  /** Their ids at the base, where known: what has not changed is not read. */
  readonly recorded: Readonly<Record<string, ObjectId | null>>;
  /** Null: nothing is known to be applied, so everything below the path is read. */
  readonly base: AppliedSource | null;
  readonly hint: { readonly revision: Revision; readonly rootTree: ObjectId | null } | null;
  /** Paths to read even if they do not differ. */
  readonly also: readonly string[];
  /** Which paths to read; the others are left out. */
  readonly isRead: (path: string, kind: SourceFile['kind']) => boolean;
}

/** What a pull request would do to its branch. */
export interface MergeSides {
  /** Of the branch. */
  readonly tip: Revision;
  readonly head: Revision;
  /** The merge that the host made to try it, of whichever tip and head; null: none. */
  readonly tried: Revision | null;
}

export type Merge =
  /** `revision` can be read like any other commit. `changedPaths`: what it changes on the branch. */
  | { readonly kind: 'merged'; readonly revision: Revision; readonly changedPaths: readonly string[] }
  /** Both sides changed `paths`. The host may be able to merge them line by line, and Headgate does not. `changedPaths`: of the head. */
  | { readonly kind: 'conflict'; readonly paths: readonly string[]; readonly changedPaths: readonly string[] }
  /** It is not clear what the head changed: the sides have no common ancestor, or several best ones. */
  | { readonly kind: 'no-base'; readonly bases: 'none' | 'several' };

/** A repository, for one run. Every method fails with a DeployError; an error never looks like an empty repository. */
export interface Git {
  readonly usage: Usage;
  /** The tips of these refs; a ref that does not exist is not in the map. One request. */
  tips(refs: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Revision>>;
  /** The tip, and the files below the path that may differ from the base. @throws DeployError `ref-missing` */
  since(query: SourceQuery, signal: AbortSignal): Promise<Source>;
  /** The files at these paths of a tree. `revision`: a commit that has it; null: unknown, but it was read in this run. */
  files(
    at: { readonly revision: Revision | null; readonly rootTree: ObjectId },
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly SourceFile[]>;
  /** What is at each of these paths, contents included, in order. */
  readPaths(at: TreeAt, paths: readonly string[], signal: AbortSignal): Promise<readonly PathContent[]>;
  /** Every file below these directories, contents included. */
  below(
    trees: readonly { readonly path: string; readonly oid: ObjectId }[],
    signal: AbortSignal,
  ): Promise<readonly SourceFile[]>;
  /** The id of the tree (or blob) at each path of a commit; null: nothing. */
  trees(
    revision: Revision,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ObjectId | null>>;
  /** The root tree of a commit. @throws DeployError `revision-missing` */
  rootTree(revision: Revision, signal: AbortSignal): Promise<ObjectId>;
  /** The merge of a pull request: the host's, or one that is made in memory. @throws DeployError `revision-missing` */
  merge(sides: MergeSides, signal: AbortSignal): Promise<Merge>;
  /** Of a commit that was read for another reason; else null. It makes no request. */
  described(revision: Revision): CommitDescription | null;
  /** Is `older` reachable from `newer`? */
  isAncestor(older: Revision, newer: Revision, signal: AbortSignal): Promise<boolean>;
}
