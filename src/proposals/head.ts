import type { Git } from '../deploy/ports/git.ts';
import type { ObjectId, Revision } from '../snapshot/source.ts';
import { recordOfHead } from './record.ts';

/** The commit at the tip of the branch of a pull request. */
export interface Head {
  readonly revision: Revision;
  readonly rootTree: ObjectId;
  readonly message: string;
}

export type FoundHead =
  | { readonly kind: 'none' }
  /** `isCurrent`: it has the change, and nothing else. `recordedFor`: the pull request that the record names. */
  | { readonly kind: 'own'; readonly head: Head; readonly isCurrent: boolean; readonly recordedFor: number | null }
  /** A person pushed to it. */
  | { readonly kind: 'foreign'; readonly head: Head };

interface HeadReader extends Pick<Git, 'files'> {
  history(
    query: { readonly tip: Revision; readonly known: Revision | null; readonly depth: number | null },
    signal: AbortSignal,
  ): Promise<readonly Head[]>;
}

export interface SoughtHead {
  /** Null: the branch does not exist. */
  readonly tip: Revision | null;
  /** The messages of the records of what Headgate proposed, the newest first. */
  readonly recorded: readonly string[];
  /** What the proposal writes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Whether the message names what is proposed now, and nothing else. */
  readonly isSame: (message: string) => boolean;
}

/** What the branch of a pull request has. A commit that no record names is a person's. */
export async function findHead(
  { tip, recorded, files, isSame }: SoughtHead,
  reader: HeadReader,
  signal: AbortSignal,
): Promise<FoundHead> {
  if (tip === null) return { kind: 'none' };
  const [head] = await reader.history({ tip, known: null, depth: 1 }, signal);
  if (head === undefined) throw new Error(`${tip} is the tip of a branch, and has no history`);
  const record = recordOfHead(tip, recorded);
  if (record === null) return { kind: 'foreign', head };
  const isCurrent = isSame(head.message) && (await hasFiles(head, files, { reader, signal }));
  return { kind: 'own', head, isCurrent, recordedFor: record.pullRequest };
}

/** A file that changed on the other branch since would conflict. */
async function hasFiles(
  head: Head,
  files: ReadonlyMap<string, Uint8Array>,
  { reader, signal }: { readonly reader: HeadReader; readonly signal: AbortSignal },
): Promise<boolean> {
  const found = await reader.files(head, [...files.keys()], signal);
  const bytesAt = new Map(found.flatMap((file) => (file.kind === 'file' ? [[file.path, file.bytes] as const] : [])));
  return [...files].every(([path, bytes]) => Buffer.from(bytes).equals(bytesAt.get(path) ?? Buffer.alloc(0)));
}
