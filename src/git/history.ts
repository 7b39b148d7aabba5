import type { ObjectId, PastCommit, Revision } from '../snapshot/source.ts';
import { asObjectId, asRevision } from '../snapshot/source.ts';
import { lookUp } from './difference.ts';
import type { RemoteObjects } from './objects.ts';
import { parentsOfCommit, treeOfCommit } from './tree.ts';
import type { ObjectStore } from './wire/pack.ts';
import type { UploadPack } from './wire/upload-pack.ts';

/* What a commit on top of others is made from, and how commits are related. */

export interface HistoryQuery {
  readonly tip: Revision;
  /** The history of this commit is known: only what is newer is read. */
  readonly known: Revision | null;
  /** Null: all of it. Not with `known`. */
  readonly depth: number | null;
}

/** Commits along the first parents, the newest first. One request, which brings no tree and no file. */
export async function readHistory(
  remote: UploadPack,
  { tip, known, depth }: HistoryQuery,
  { signal, subject }: { readonly signal: AbortSignal; readonly subject: string },
): Promise<readonly PastCommit[]> {
  if (tip === known) return [];
  const store: ObjectStore = new Map();
  const haves = known === null ? {} : { haves: [known] };
  const limit = depth === null ? {} : { depth };
  await remote.fetch({ wants: [tip], filter: 'tree:0', ...haves, ...limit }, store, signal);
  const commits: PastCommit[] = [];
  for (let next: string | undefined = tip; next !== undefined && next !== known;) {
    const commit = store.get(next);
    const revision = asRevision(next);
    if (commit?.type !== 'commit' || revision === null) break;
    const rootTree = asObjectId(treeOfCommit(commit.data, subject));
    if (rootTree !== null) commits.push({ revision, rootTree, message: messageOf(commit.data) });
    [next] = parentsOfCommit(commit.data);
  }
  return commits;
}

function messageOf(data: Buffer): string {
  const text = data.toString();
  const end = text.indexOf('\n\n');
  return end === -1 ? '' : text.slice(end + 2);
}

/** The objects of the directories that these files are in, up to the root, which is ''. */
export async function treesAbove(
  rootTree: ObjectId,
  paths: readonly string[],
  { objects, signal }: { readonly objects: RemoteObjects; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, { readonly id: string; readonly data: Buffer }>> {
  await objects.descend(rootTree, paths, signal);
  const directories = new Set(paths.flatMap((path) => directoriesAbove(path)));
  return new Map(
    [...directories].flatMap((directory) => {
      const at = lookUp(rootTree, directory, objects.context);
      const id = at.kind === 'found' && at.entry?.kind === 'tree' ? at.entry.id : '';
      const tree = objects.get(id);
      return tree === undefined ? [] : [[directory, { id, data: tree.data }] as const];
    }),
  );
}

function directoriesAbove(path: string): readonly string[] {
  const names = path.split('/');
  return names.map((_, index) => names.slice(0, index).join('/'));
}

export async function isAncestor(
  remote: UploadPack,
  { older, newer }: { readonly older: Revision; readonly newer: Revision },
  signal: AbortSignal,
): Promise<boolean> {
  const commits: ObjectStore = new Map();
  // These commits are reachable from `newer` but not from `older`: if `older` is an ancestor, one of them is its child.
  await remote.fetch({ wants: [newer], haves: [older], filter: 'tree:0' }, commits, signal);
  return [...commits.values()].some(({ type, data }) => type === 'commit' && parentsOfCommit(data).includes(older));
}
