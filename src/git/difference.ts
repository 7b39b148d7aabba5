import { readTree } from './tree.ts';
import type { EntryKind, TreeEntry } from './tree.ts';
import type { ObjectStore } from './wire/pack.ts';
import { gitError } from './wire/git-error.ts';
import type { GitLimits } from './wire/limits.ts';

/** A path that differs between two trees. `now` is its entry in the newer tree; null: it was removed. */
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
  /** Trees missing from the store, without which the changes are incomplete. */
  readonly missing: readonly string[];
}

export interface WalkContext {
  readonly store: ObjectStore;
  readonly limits: GitLimits;
  readonly subject: string;
}

/** Compares two trees below a path, pair by pair; a null tree is empty. Does not descend into equal ids. */
export function* compareTrees(
  now: string | null,
  before: string | null,
  path: string,
  context: WalkContext,
): Generator<void, WalkResult> {
  const changes: ChangedPath[] = [];
  const missing = new Set<string>();
  const pending: { now: string | null; before: string | null; path: string }[] = [{ now, before, path }];
  let compared = 0;
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    compared += 1;
    refuseCount(compared + pending.length + changes.length, context);
    if (pair.now === pair.before) continue;
    const nowEntries = entriesOf(pair.now, missing, context);
    const beforeEntries = entriesOf(pair.before, missing, context);
    if (nowEntries === null || beforeEntries === null) continue;
    comparePair({ nowEntries, beforeEntries, path: pair.path }, { changes, pending, context });
    yield;
  }
  return { changes, missing: [...missing] };
}

type Entries = ReadonlyMap<string, TreeEntry>;

/** Null when the tree is not in the store yet. */
export function entriesOf(id: string | null, missing: Set<string>, { store, subject }: WalkContext): Entries | null {
  if (id === null) return new Map();
  const object = store.get(id);
  if (object === undefined) {
    missing.add(id);
    return null;
  }
  return new Map(readTree(object.data, { id, subject }).map((entry) => [entry.name, entry]));
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
    // Nothing below a refused name is read.
    else if (now !== null && now.hazard !== null)
      changes.push({ path: at, now: { kind: 'file', id: now.id, hazard: now.hazard } });
    else if (before !== null && before.kind !== 'tree') changes.push({ path: at, now: null });
  }
}

function refuseCount(paths: number, { limits, subject }: WalkContext): void {
  if (paths <= limits.comparedPaths) return;
  throw gitError('git-limit', { subject, message: `more than ${limits.comparedPaths} paths differ` });
}

function refuseDepth(path: string, { limits, subject }: WalkContext): void {
  if (path.length <= limits.pathLength && path.split('/').length <= limits.pathDepth) return;
  throw gitError('git-limit', {
    subject,
    message: `a path is longer than ${limits.pathLength} characters or more than ${limits.pathDepth} levels deep`,
  });
}

export type PathEntry = Pick<TreeEntry, 'kind' | 'id' | 'hazard'>;

export type Lookup =
  | { readonly kind: 'found'; readonly entry: PathEntry | null }
  /** A tree on the way is not in the store. */
  | { readonly kind: 'missing'; readonly id: string };

/** Looks up a path in a tree; the entry is null when the path does not exist. */
export function lookUp(root: string, path: string, context: WalkContext): Lookup {
  let entry: PathEntry = { kind: 'tree', id: root, hazard: null };
  for (const name of path === '' ? [] : path.split('/')) {
    if (entry.kind !== 'tree' || entry.hazard !== null) return { kind: 'found', entry: null };
    const object = context.store.get(entry.id);
    if (object === undefined) return { kind: 'missing', id: entry.id };
    const entries = readTree(object.data, { id: entry.id, subject: context.subject });
    const next = entries.find((candidate) => candidate.name === name);
    if (next === undefined) return { kind: 'found', entry: null };
    entry = next;
  }
  return { kind: 'found', entry };
}
