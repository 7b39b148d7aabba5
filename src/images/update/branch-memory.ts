import type { ObjectId, PastCommit, Revision } from '../../snapshot/source.ts';
import type { WrittenReference } from '../edit/reference.ts';

/** A file that names one of the images. */
export interface IndexedFile {
  readonly text: string;
  readonly references: readonly WrittenReference[];
  readonly marked: ReadonlySet<string>;
}

/** What a branch contained when it was read last, so that the next run reads only what has changed since. */
export interface BranchSnapshot {
  readonly revision: Revision;
  readonly rootTree: ObjectId;
  /** By directory. */
  readonly trees: ReadonlyMap<string, ObjectId | null>;
  /** Those that name one of the images. */
  readonly files: ReadonlyMap<string, IndexedFile>;
  /** The images that some file has a marker for. */
  readonly marked: ReadonlySet<string>;
}

/** What one process remembers of a branch. It saves requests, and nothing is lost with it: all of it can be read again. */
export interface BranchMemory {
  snapshot: BranchSnapshot | null;
  /** By ref, the newest first. */
  readonly histories: Map<string, { readonly tip: Revision; readonly commits: Promise<readonly PastCommit[]> }>;
  /** Whether a file had a version after a write. */
  readonly written: Map<string, boolean>;
}

export function emptyMemory(): BranchMemory {
  return { snapshot: null, histories: new Map(), written: new Map() };
}
