import type { ObjectId, Revision } from '../snapshot/source.ts';

/** Makes commits on a branch, each by one push that never overwrites what was pushed meanwhile. */
export interface BranchWriter {
  readonly usage: { readonly requests: number; readonly bytes: number };
  /**
   * Commits changed files on the tip that was read. `overtaken`: a ref is no longer where it was read, so that everything has
   * to be read again. @throws DeployError `push-refused` when the host or one of its hooks does not accept the push
   */
  write(change: BranchChange, signal: AbortSignal): Promise<WriteResult>;
  /**
   * Adds a commit to each of these records by one push, and changes no branch.
   * @throws DeployError `push-refused`, also when a ref has moved
   */
  addRecords(records: readonly RecordAddition[], signal: AbortSignal): Promise<void>;
}

export interface RecordAddition extends Pick<ReadyCommit, 'rootTree' | 'author' | 'atMs' | 'message' | 'sign'> {
  readonly ref: string;
  /** Null: the ref does not exist. */
  readonly tip: Revision | null;
}

/** A new commit, without the refs that are to have it. */
export interface ReadyCommit {
  /** The commit that the new one is made on. */
  readonly tip: Revision;
  readonly rootTree: ObjectId;
  /** The tree objects of all directories above the files. */
  readonly trees: ReadonlyMap<string, TreeObject>;
  /** The new contents of files that exist. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly author: { readonly name: string; readonly email: string };
  readonly atMs: number;
  readonly message: string;
  /** Null: the commits are not signed. */
  readonly sign: CommitSigner | null;
}

export interface BranchChange extends ReadyCommit {
  /** `refs/heads/main` */
  readonly ref: string;
  /** Where the ref is, of a branch that only Headgate writes; null: it does not exist. Default: at `tip`. */
  readonly from?: Revision | null;
  readonly records: readonly BranchRecord[];
}

/** The signature of a commit as `gpg.format ssh` has it, with its first and its last line. */
export type CommitSigner = (commit: Uint8Array) => string;

export interface TreeObject {
  readonly id: string;
  readonly data: Buffer;
}

/** A ref that only Headgate writes, and that remembers the commit: it moves to a commit with the same tree, on top of what it has. */
export interface BranchRecord {
  readonly ref: string;
  /** Null: the ref does not exist. */
  readonly tip: Revision | null;
  /** `rootTree`: of the commit. */
  readonly message: (revision: Revision, rootTree: string) => string;
}

export type WriteResult =
  | {
      readonly kind: 'written';
      readonly revision: Revision;
      /** Why the host does not accept the records; null: it does. */
      readonly recordsRefused: string | null;
    }
  | { readonly kind: 'overtaken' };
