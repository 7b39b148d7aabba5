declare const brand: unique symbol;

/** A full commit id, 40 (SHA-1) or 64 (SHA-256) lower-case hex digits. Only `asRevision` makes one. */
export type Revision = string & { readonly [brand]: 'Revision' };

/** The id of a tree or blob, in the same form. */
export type ObjectId = string & { readonly [brand]: 'ObjectId' };

const HEX_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

export function asRevision(text: string): Revision | null {
  return HEX_ID.test(text) && !/^0+$/.test(text) ? (text as Revision) : null;
}

export function asObjectId(text: string): ObjectId | null {
  return HEX_ID.test(text) ? (text as ObjectId) : null;
}

/** One path of the repository at the revision that is deployed. Paths are from the repository's root. */
export type SourceFile =
  | { readonly path: string; readonly kind: 'file'; readonly oid: ObjectId; readonly bytes: Uint8Array }
  /** Was there at the applied commit, or was asked for, and is not there now. */
  | { readonly path: string; readonly kind: 'absent' }
  | { readonly path: string; readonly kind: 'symlink' | 'submodule' }
  /** A name or a size that is refused (facts: `..`, `.git`, control characters, over the limits). `reason` is safe to print. */
  | { readonly path: string; readonly kind: 'refused'; readonly reason: string };

/** What stands at one path: as `SourceFile`, or a directory with the names in it. */
export type PathContent =
  | SourceFile
  | {
      readonly path: string;
      readonly kind: 'tree';
      readonly oid: ObjectId;
      readonly entries: readonly { readonly name: string; readonly kind: 'tree' | 'file' | 'symlink' | 'submodule' }[];
    };

/** A tree, and another one in which the ids of some paths are known: what is the same in both is not asked for. */
export interface TreeAt {
  readonly rootTree: ObjectId;
  readonly base: { readonly rootTree: ObjectId; readonly ids: Readonly<Record<string, ObjectId | null>> } | null;
}

/** What Git says that a target has to become: the tip, and the files below the target's path that may differ. */
export interface Source {
  readonly revision: Revision;
  /** The commit's whole tree. */
  readonly rootTree: ObjectId;
  /** The tree at the target's path; null when the path does not exist (or is a file) at this revision. */
  readonly tree: ObjectId | null;
  /** Object ids of the inputs that were asked for; null where one does not exist. */
  readonly inputs: Readonly<Record<string, ObjectId | null>>;
  /** True when `files` is everything below the path, so that what is not in it does not exist. */
  readonly complete: boolean;
  readonly files: readonly SourceFile[];
}

/** The commit that a target was last brought to. */
export interface AppliedSource {
  readonly revision: Revision;
  readonly rootTree: ObjectId;
  readonly tree: ObjectId | null;
}

/** Is `path` the directory itself or below it? `''` is the root. */
export function isBelow(path: string, directory: string): boolean {
  return directory === '' || path === directory || path.startsWith(`${directory}/`);
}
