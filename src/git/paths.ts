import type { ObjectId, PathContent, SourceFile, TreeAt } from '../snapshot/source.ts';
import { asObjectId } from '../snapshot/source.ts';
import type { ChangedPath, PathEntry, WalkContext } from './difference.ts';
import type { RemoteObjects } from './objects.ts';
import { readTree } from './tree.ts';

/* What is at a path of a tree. A plain push does not need it. */

/** Like `treeIds`, but without fetching what is the same in the base. */
export async function idsAt(
  objects: RemoteObjects,
  { at, paths }: { readonly at: TreeAt; readonly paths: readonly string[] },
  signal: AbortSignal,
): Promise<Readonly<Record<string, ObjectId | null>>> {
  const { base } = at;
  const known = paths.flatMap((path) => (isKnown(objects, at, path) ? [[path, base?.ids[path] ?? null]] : []));
  const same = new Map(known.map(([path, id]) => [path ?? '', id === null ? null : asObjectId(id ?? '')]));
  const others = paths.filter((path) => !same.has(path));
  const found = others.length === 0 ? [] : await objects.treeIds(at.rootTree, others, signal);
  return Object.fromEntries([...same, ...found]);
}

function isKnown({ context }: RemoteObjects, { rootTree, base }: TreeAt, path: string): boolean {
  return base !== null && Object.hasOwn(base.ids, path) && isSameAt(rootTree, base.rootTree, path, context);
}

/** Whether a path is certainly the same in both trees, judging by the trees in the store. Stops at equal ids on the way. */
function isSameAt(now: string, before: string, path: string, context: WalkContext): boolean {
  let pair = { now, before };
  for (const name of path === '' ? [] : path.split('/')) {
    if (pair.now === pair.before) return true;
    const [next, former] = [pair.now, pair.before].map((id) => {
      const object = context.store.get(id);
      if (object?.type !== 'tree') return null;
      const entries = readTree(object.data, { id, subject: context.subject });
      return entries.find((candidate) => candidate.name === name) ?? 'nothing';
    });
    if (next === 'nothing' && former === 'nothing') return true;
    if (!next || !former || next === 'nothing' || former === 'nothing' || next.mode !== former.mode) return false;
    pair = { now: next.id, before: former.id };
  }
  return pair.now === pair.before;
}

/** The content of these paths. */
export async function readPaths(
  objects: RemoteObjects,
  { at, paths }: { readonly at: TreeAt; readonly paths: readonly string[] },
  signal: AbortSignal,
): Promise<readonly PathContent[]> {
  const unknown = paths.filter((path) => !isKnown(objects, at, path));
  const found = await objects.descend(at.rootTree, unknown, signal);
  const ids = paths.map((path) => {
    const entry = found.get(path);
    if (entry === undefined) return at.base?.ids[path] ?? null;
    return entry?.hazard === null && entry.kind !== 'symlink' && entry.kind !== 'submodule' ? entry.id : null;
  });
  const missing = [...new Set(ids)].filter((id) => id !== null).filter((id) => !objects.has(id));
  if (missing.length > 0) await objects.fetch({ wants: missing, filter: 'tree:0' }, signal);
  return paths.map((path, index) =>
    contentOf({ path, id: ids[index] ?? null, entry: found.get(path) ?? null }, objects),
  );
}

function contentOf(
  { path, id, entry }: { readonly path: string; readonly id: string | null; readonly entry: PathEntry | null },
  objects: RemoteObjects,
): PathContent {
  if (entry !== null && entry.hazard !== null) return { path, kind: 'refused', reason: entry.hazard };
  if (entry?.kind === 'symlink' || entry?.kind === 'submodule') return { path, kind: entry.kind };
  const oid = asObjectId(id ?? '');
  if (oid === null) return { path, kind: 'absent' };
  const object = objects.get(oid);
  if (object?.type !== 'tree') return objects.asFile({ path, now: { kind: 'file', id: oid, hazard: null } });
  return { path, kind: 'tree', oid, entries: readTree(object.data, { id: oid, subject: objects.context.subject }) };
}

/** Every file below these directories. */
export async function below(
  objects: RemoteObjects,
  trees: readonly { readonly path: string; readonly oid: ObjectId }[],
  signal: AbortSignal,
): Promise<readonly SourceFile[]> {
  const missing = trees.filter(({ oid }) => !objects.has(oid)).map(({ oid }) => oid);
  if (missing.length > 0) await objects.fetch({ wants: missing }, signal);
  const changes: ChangedPath[] = [];
  for (const { path, oid } of trees)
    for (const change of await objects.changesBetween(oid, null, { path, both: [] }, signal)) changes.push(change);
  return objects.readChanges(changes, () => true, signal);
}

/** The files at these paths of a tree. */
export async function readFiles(
  objects: RemoteObjects,
  { rootTree, paths }: { readonly rootTree: ObjectId; readonly paths: readonly string[] },
  signal: AbortSignal,
): Promise<readonly SourceFile[]> {
  const found = await objects.descend(rootTree, paths, signal);
  const changes = [...found].map(([path, entry]): ChangedPath => {
    return {
      path,
      now: entry === null || entry.kind === 'tree' ? null : { kind: entry.kind, id: entry.id, hazard: entry.hazard },
    };
  });
  return objects.readChanges(changes, () => true, signal);
}

/** A link or submodule at the path or above it: what is behind it is unknown, and not deleted. */
export async function inTheWay(
  objects: RemoteObjects,
  { rootTree, path }: { readonly rootTree: ObjectId; readonly path: string },
  signal: AbortSignal,
): Promise<readonly SourceFile[]> {
  const names = path.split('/');
  const paths = names.map((_, index) => names.slice(0, index + 1).join('/'));
  return [...(await objects.descend(rootTree, paths, signal))].flatMap(([at, entry]): readonly SourceFile[] => {
    if (entry === null) return [];
    if (entry.hazard !== null) return [{ path: at, kind: 'refused', reason: entry.hazard }];
    return entry.kind === 'symlink' || entry.kind === 'submodule' ? [{ path: at, kind: entry.kind }] : [];
  });
}
