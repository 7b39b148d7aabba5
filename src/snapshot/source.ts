declare const brand: unique symbol;

/** A full commit id: 40 (SHA-1) or 64 (SHA-256) lowercase hex digits. Only `asRevision` returns one. */
export type Revision = string & { readonly [brand]: 'Revision' };

/** The id of a tree or blob, in the same format. */
export type ObjectId = string & { readonly [brand]: 'ObjectId' };

const HEX_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export function asRevision(text: string): Revision | null {
  return HEX_ID.test(text) && !/^0+$/.test(text) ? (text as Revision) : null;
}

export function asObjectId(text: string): ObjectId | null {
  return HEX_ID.test(text) ? (text as ObjectId) : null;
}

/** One path of the repository at the revision being deployed. Paths are relative to the repository's root. */
export type SourceFile =
  | { readonly path: string; readonly kind: 'file'; readonly oid: ObjectId; readonly bytes: Uint8Array }
  /** Existed at the applied commit, or was requested, and does not exist now. */
  | { readonly path: string; readonly kind: 'absent' }
  | { readonly path: string; readonly kind: 'symlink' | 'submodule' }
  /** An unsafe name (`..`, `.git`, control characters) or a size over the limits. `reason` is safe to print. */
  | { readonly path: string; readonly kind: 'refused'; readonly reason: string };

/** The content of one path: a `SourceFile`, or a directory and its entries. */
export type PathContent =
  | SourceFile
  | {
      readonly path: string;
      readonly kind: 'tree';
      readonly oid: ObjectId;
      readonly entries: readonly { readonly name: string; readonly kind: 'tree' | 'file' | 'symlink' | 'submodule' }[];
    };

/** A tree, and a base tree in which the ids of some paths are known: paths that are equal in both are not fetched. */
export interface TreeAt {
  readonly rootTree: ObjectId;
  readonly base: { readonly rootTree: ObjectId; readonly ids: Readonly<Record<string, ObjectId | null>> } | null;
}

/** A target's source in Git: the tip, and the files below the target's path that may have changed. */
export interface Source {
  readonly revision: Revision;
  /** The commit's whole tree. */
  readonly rootTree: ObjectId;
  /** The tree at the target's path; null when the path is not a directory at this revision. `files` then has the link in its way. */
  readonly tree: ObjectId | null;
  /** Object ids of the requested inputs; null for one that does not exist. */
  readonly inputs: Readonly<Record<string, ObjectId | null>>;
  /** True when `files` lists everything below the path, so that any other path does not exist. */
  readonly complete: boolean;
  readonly files: readonly SourceFile[];
}

/** What a commit says about itself, as its author wrote it. */
export interface CommitDescription {
  /** The first line of its message. */
  readonly subject: string;
  readonly author: string;
  /** By the clock of the machine that made the commit; null: it cannot be read. */
  readonly committedMs: number | null;
}

/** The commit that was last applied to a target. */
export interface AppliedSource {
  readonly revision: Revision;
  readonly rootTree: ObjectId;
  readonly tree: ObjectId | null;
}

/** Whether the path could be a manifest (.yaml, .yml, .json) or a directory (no extension). */
export function mayBeManifest(path: string): boolean {
  return /\.(ya?ml|json)$/.test(path) || !/\.[^/]*$/.test(path);
}

/** One commit of a history. */
export interface PastCommit {
  readonly revision: Revision;
  readonly rootTree: ObjectId;
  readonly message: string;
}

/** Whether `path` is the directory or inside it. `''` is the repository root. */
export function isBelow(path: string, directory: string): boolean {
  return directory === '' || path === directory || path.startsWith(`${directory}/`);
}
