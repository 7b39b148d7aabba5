import { readTree } from './tree.ts';
import type { EntryKind, TreeEntry } from './tree.ts';
import type { ObjectStore } from './pack.ts';
import { gitError } from './git-error.ts';
import type { GitLimits } from './limits.ts';

/** A path that is not the same in both trees, as the newer one has it; null: it is not there any more. */
export interface ChangedPath {
  readonly path: string;
  readonly now: {
    readonly kind: Exclude<EntryKind, 'tree'>;
    readonly id: string;
    readonly hazard: string | null;
  } | null;
}

export interface WalkResult {
  readonly changes: readonly ChangedPath[];
  /** Trees that the walk needs and the store lacks: the changes are not complete without them. */
  readonly missing: readonly string[];
}

export interface WalkContext {
  readonly store: ObjectStore;
  readonly idBytes: number;
  readonly limits: GitLimits;
  readonly subject: string;
}

/** Compares two trees below a path; a null tree is an empty one. Equal ids are never looked into. */
export function compareTrees(
  now: string | null,
  before: string | null,
  path: string,
  context: WalkContext,
): WalkResult {
  const changes: ChangedPath[] = [];
  const missing = new Set<string>();
  const pending: { now: string | null; before: string | null; path: string }[] = [{ now, before, path }];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    if (pair.now === pair.before) continue;
    const nowEntries = entriesOf(pair.now, missing, context);
    const beforeEntries = entriesOf(pair.before, missing, context);
    if (nowEntries === null || beforeEntries === null) continue;
    comparePair({ nowEntries, beforeEntries, path: pair.path }, { changes, pending, context });
  }
  return { changes, missing: [...missing] };
}

type Entries = ReadonlyMap<string, TreeEntry>;

/** Null when the tree is not there yet. */
function entriesOf(id: string | null, missing: Set<string>, { store, idBytes, subject }: WalkContext): Entries | null {
  if (id === null) return new Map();
  const object = store.get(id);
  if (object === undefined) {
    missing.add(id);
    return null;
  }
  return new Map(readTree(object.data, { idBytes, subject }).map((entry) => [entry.name, entry]));
}

function comparePair(
  { nowEntries, beforeEntries, path }: { nowEntries: Entries; beforeEntries: Entries; path: string },
  {
    changes,
    pending,
    context,
  }: {
    changes: ChangedPath[];
    pending: { now: string | null; before: string | null; path: string }[];
    context: WalkContext;
  },
): void {
  for (const name of new Set([...nowEntries.keys(), ...beforeEntries.keys()])) {
    const now = nowEntries.get(name) ?? null;
    const before = beforeEntries.get(name) ?? null;
    if (now?.id === before?.id && now?.mode === before?.mode) continue;
    const at = path === '' ? name : `${path}/${name}`;
    refuseDepth(at, context);
    const nowTree = now?.kind === 'tree' && now.hazard === null ? now.id : null;
    const beforeTree = before?.kind === 'tree' ? before.id : null;
    if (nowTree !== null || beforeTree !== null) pending.push({ now: nowTree, before: beforeTree, path: at });
    if (now !== null && now.kind !== 'tree')
      changes.push({ path: at, now: { kind: now.kind, id: now.id, hazard: now.hazard } });
    // Nothing below a name that is refused is looked at.
    else if (now !== null && now.hazard !== null)
      changes.push({ path: at, now: { kind: 'file', id: now.id, hazard: now.hazard } });
    else if (before !== null && before.kind !== 'tree') changes.push({ path: at, now: null });
  }
}

function refuseDepth(path: string, { limits, subject }: WalkContext): void {
  if (path.length <= limits.pathLength && path.split('/').length <= limits.pathDepth) return;
  throw gitError('git-limit', {
    subject,
    message: `a path is longer than ${limits.pathLength} characters or deeper than ${limits.pathDepth} folders`,
  });
}

export type Lookup =
  | { readonly kind: 'found'; readonly entry: Pick<TreeEntry, 'kind' | 'id' | 'hazard'> | null }
  /** A tree on the way is not in the store. */
  | { readonly kind: 'missing'; readonly id: string };

type Standing = Pick<TreeEntry, 'kind' | 'id' | 'hazard'>;

/** What stands at a path of a tree. */
export function lookUp(root: string, path: string, context: WalkContext): Lookup {
  let entry: Standing = { kind: 'tree', id: root, hazard: null };
  for (const name of path === '' ? [] : path.split('/')) {
    if (entry.kind !== 'tree' || entry.hazard !== null) return { kind: 'found', entry: null };
    const object = context.store.get(entry.id);
    if (object === undefined) return { kind: 'missing', id: entry.id };
    const next = readTree(object.data, context).find((candidate) => candidate.name === name);
    if (next === undefined) return { kind: 'found', entry: null };
    entry = next;
  }
  return { kind: 'found', entry };
}

/** Is a path surely the same in both trees, as far as the trees at hand tell? Equal ids on the way are not looked into. */
export function isSameAt(now: string, before: string, path: string, context: WalkContext): boolean {
  let pair = { now, before };
  for (const name of path === '' ? [] : path.split('/')) {
    if (pair.now === pair.before) return true;
    const [next, former] = [pair.now, pair.before].map((id) => {
      const object = context.store.get(id);
      if (object?.type !== 'tree') return null;
      return readTree(object.data, context).find((candidate) => candidate.name === name) ?? 'nothing';
    });
    if (next === 'nothing' && former === 'nothing') return true;
    if (!next || !former || next === 'nothing' || former === 'nothing' || next.mode !== former.mode) return false;
    pair = { now: next.id, before: former.id };
  }
  return pair.now === pair.before;
}
