import { visibleLine } from '../error/visible-text.ts';
import { entriesOf } from './difference.ts';
import type { WalkContext } from './difference.ts';
import { formatOf } from './wire/object-format.ts';
import type { ObjectFormat } from './wire/object-format.ts';
import { idOf } from './wire/pack.ts';
import type { ObjectStore } from './wire/pack.ts';
import { treeData } from './tree.ts';
import type { TreeEntry } from './tree.ts';

/** The trees of a merge: of the common ancestor, of the branch's tip, and of what is merged into it. */
export interface ThreeTrees {
  readonly base: string;
  readonly tip: string;
  readonly head: string;
}

export interface MergedTrees {
  /** Of the merge. It says nothing unless nothing is missing and nothing conflicts. */
  readonly tree: string;
  /** Trees that exist only here. */
  readonly made: ObjectStore;
  /** Paths that both sides changed, each in its own way. */
  readonly conflicts: readonly string[];
  /** Trees missing from the store, without which the merge is incomplete. */
  readonly missing: readonly string[];
}

interface Walk {
  readonly context: WalkContext;
  readonly made: ObjectStore;
  readonly conflicts: string[];
  readonly missing: Set<string>;
}

type Side = TreeEntry | null;

/**
 * Lays what the head changed since the base over the tip. It merges whole files, so it finds more conflicts than git, and
 * whatever it merges, git merges in the same way, in whatever manner the pull request is merged.
 */
export function mergeTrees({ base, tip, head }: ThreeTrees, context: WalkContext): MergedTrees {
  const walk: Walk = { context, made: new Map(), conflicts: [], missing: new Set() };
  const root = (id: string): TreeEntry => ({ name: '', mode: '40000', kind: 'tree', id, hazard: null });
  const merged = mergeEntry({ base: root(base), tip: root(tip), head: root(head) }, '', walk);
  const tree = merged?.id ?? addTree([], walk, formatOf(tip));
  return { tree, made: walk.made, conflicts: walk.conflicts, missing: [...walk.missing] };
}

interface Sides {
  readonly base: Side;
  readonly tip: Side;
  readonly head: Side;
}

function mergeEntry(sides: Sides, path: string, walk: Walk): Side {
  const { base, tip, head } = sides;
  if (isSame(head, base) || isSame(head, tip)) return tip;
  if (isSame(tip, base)) return head;
  // Where one side has removed or moved a whole directory, git may move what the other side changed in it too.
  if (tip?.kind !== 'tree' || head?.kind !== 'tree') {
    walk.conflicts.push(visibleLine(path));
    return tip;
  }
  return mergeDirectory({ base: base?.kind === 'tree' ? base : null, tip, head }, path, walk);
}

function mergeDirectory(
  { base, tip, head }: Sides & { readonly tip: TreeEntry; readonly head: TreeEntry },
  path: string,
  walk: Walk,
): Side {
  const [ofBase, ofTip, ofHead] = [base, tip, head].map((side) =>
    entriesOf(side?.id ?? null, walk.missing, walk.context),
  );
  if (!ofBase || !ofTip || !ofHead) return tip;
  const merged: TreeEntry[] = [];
  for (const name of new Set([...ofTip.keys(), ...ofHead.keys()])) {
    const sides = { base: ofBase.get(name) ?? null, tip: ofTip.get(name) ?? null, head: ofHead.get(name) ?? null };
    const at = path === '' ? name : `${path}/${name}`;
    const entry = mergeEntry(sides, at, walk);
    // It could not be written back as it was.
    if (entry !== null && entry.hazard !== null) walk.conflicts.push(visibleLine(at));
    if (entry !== null) merged.push(entry);
  }
  // Git has no empty directories.
  if (merged.length === 0) return null;
  return { ...tip, id: addTree(merged, walk, formatOf(tip.id)) };
}

function isSame(a: Side, b: Side): boolean {
  return a?.id === b?.id && a?.mode === b?.mode;
}

function addTree(entries: readonly TreeEntry[], { made }: Walk, format: ObjectFormat): string {
  const tree = { type: 'tree', data: treeData(entries) } as const;
  const id = idOf(tree, format);
  made.set(id, tree);
  return id;
}
