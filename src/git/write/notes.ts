import type { TreeObject } from '../../images/branch-writer.ts';
import type { ObjectFormat } from '../wire/object-format.ts';
import { readTree, treeData } from '../tree.ts';
import { newObject } from './new-objects.ts';
import type { NewObject } from './new-objects.ts';

/** The trees of a ref below refs/notes by their path; the root is ''. */
export type NotesTrees = ReadonlyMap<string, TreeObject>;

type Entries = Map<string, { readonly mode: string; readonly id: string }>;

const TREE = '40000';
const FILE = '100644';

/**
 * Where git looks for the note of a commit: `git notes` spreads a large tree over directories that are named by the next two
 * digits each, to any depth. Only a tree with millions of notes is deeper than three levels.
 */
export function notePath(commit: string): string {
  return `${commit.slice(0, 2)}/${commit.slice(2, 4)}/${commit.slice(4, 6)}/${commit.slice(6)}`;
}

/**
 * Adds notes, or replaces those of the same commits. New ones are one directory deep, so that a long history costs a push two
 * small trees. Whatever else the trees have stays. The last object is the root tree.
 */
export function treesWithNotes(
  before: NotesTrees,
  notes: ReadonlyMap<string, string>,
  format: ObjectFormat,
): readonly NewObject[] {
  const trees = new Map<string, Entries>([
    ['', new Map()],
    ...[...before].map(([path, tree]) => [path, entriesOf(tree)] as const),
  ]);
  const changed = new Set<string>(['']);
  const blobs: NewObject[] = [];
  for (const [commit, text] of notes) {
    const blob = newObject('blob', Buffer.from(`${text.trimEnd()}\n`), format);
    blobs.push(blob);
    const { directory, name } = placeOf(commit, trees);
    const entries: Entries = trees.get(directory) ?? new Map();
    trees.set(directory, entries.set(name, { mode: FILE, id: blob.id }));
    for (let at = directory; at !== ''; at = at.slice(0, Math.max(at.lastIndexOf('/'), 0))) changed.add(at);
  }
  return [...blobs, ...writtenTrees(trees, changed, format)];
}

/** The deepest directory that exists, unless a note of the commit is found before; at least one deep. */
function placeOf(commit: string, trees: ReadonlyMap<string, Entries>) {
  let directory = '';
  let name = commit;
  while (trees.get(directory)?.has(name) !== true) {
    const next = `${directory === '' ? '' : `${directory}/`}${name.slice(0, 2)}`;
    if (directory !== '' && !trees.has(next)) break;
    directory = next;
    name = name.slice(2);
  }
  return { directory, name };
}

/** The deepest first, because a tree names the trees in it. */
function writtenTrees(trees: ReadonlyMap<string, Entries>, changed: ReadonlySet<string>, format: ObjectFormat) {
  return [...changed]
    .toSorted((one, other) => other.length - one.length)
    .map((path) => {
      const tree = newObject('tree', treeData(listOf(trees.get(path))), format);
      const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
      if (path !== '') trees.get(parent)?.set(path.slice(-2), { mode: TREE, id: tree.id });
      return tree;
    });
}

function entriesOf({ id, data }: TreeObject): Entries {
  const entries = readTree(data, { id, subject: 'refs/notes' });
  return new Map(entries.map(({ name, mode, id: entry }) => [name, { mode, id: entry }]));
}

function listOf(entries: Entries = new Map()) {
  return [...entries].map(([name, entry]) => ({ name, ...entry }));
}
