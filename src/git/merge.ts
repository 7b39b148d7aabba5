import type { Merge, MergeSides } from '../deploy/ports/git.ts';
import { asRevision } from '../snapshot/source.ts';
import type { ObjectId, Revision } from '../snapshot/source.ts';
import { gitError } from './wire/git-error.ts';
import { mergeTrees } from './merge-trees.ts';
import { idOf } from './wire/pack.ts';
import type { ThreeTrees } from './merge-trees.ts';
import { formatOf } from './wire/object-format.ts';
import type { RemoteObjects } from './objects.ts';
import type { ObjectStore } from './wire/pack.ts';
import { parentsOfCommit } from './tree.ts';
import type { UploadPack } from './wire/upload-pack.ts';

interface MergeContext {
  readonly remote: UploadPack;
  readonly objects: RemoteObjects;
  /** What the merge makes: the Git host does not have it. */
  readonly made: ObjectStore;
}

/** The commit that merging the head into the tip results in. What the host merged is taken; else it is made in memory. */
export async function merge(sides: MergeSides, context: MergeContext, signal: AbortSignal): Promise<Merge> {
  const { tip, head, tried } = sides;
  if (tried !== null && (await isMergeOf(tried, sides, context, signal)))
    return mergedAt(tried, sides, context, signal);
  const found = await mergeBase(sides, context, signal);
  if (found.kind === 'no-base') return found;
  const { base } = found;
  if (base === head) return { kind: 'merged', revision: tip, changedPaths: [] };
  // The branch has not moved since: it becomes the head.
  if (base === tip) return mergedAt(head, sides, context, signal);
  return mergeInMemory(sides, base, context, signal);
}

/** The host makes it again some time after a push, so it may be of an older head or tip. */
async function isMergeOf(
  tried: Revision,
  { tip, head }: MergeSides,
  context: MergeContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { objects } = context;
  await fetchCommits([tried], context, signal);
  const commit = objects.get(tried);
  const parents = commit?.type === 'commit' ? parentsOfCommit(commit.data) : [];
  return parents.length === 2 && parents[0] === tip && parents[1] === head;
}

async function mergedAt(
  revision: Revision,
  { tip }: MergeSides,
  context: MergeContext,
  signal: AbortSignal,
): Promise<Merge> {
  const { objects } = context;
  await fetchCommits([revision, tip], context, signal);
  const [now, before] = [await objects.rootTreeOf(revision, signal), await objects.rootTreeOf(tip, signal)];
  if (!context.made.has(now)) await objects.fetchDifference(now, before, signal);
  const changes = await objects.changesBetween(now, before, { path: '', both: [] }, signal);
  return { kind: 'merged', revision, changedPaths: changes.map(({ path }) => path) };
}

/**
 * A best common ancestor is, on both sides, a parent of the first commit that the other side does not have. A branch that
 * was merged into the head again and again has one such parent for each of these merges, but all of them on one side.
 */
async function mergeBase(
  { tip, head }: MergeSides,
  context: MergeContext,
  signal: AbortSignal,
): Promise<{ readonly kind: 'base'; readonly base: Revision } | Extract<Merge, { kind: 'no-base' }>> {
  const ofHead = await forkPoints({ from: head, to: tip }, context, signal);
  const [only, ...others] = ofHead;
  if (only === undefined) return { kind: 'no-base', bases: 'none' };
  if (ofHead.includes(tip)) return { kind: 'base', base: tip };
  if (others.length === 0) return { kind: 'base', base: only };
  const ofTip = new Set(await forkPoints({ from: tip, to: head }, context, signal));
  const [best, ...more] = ofHead.filter((each) => ofTip.has(each));
  return best === undefined || more.length > 0 ? { kind: 'no-base', bases: 'several' } : { kind: 'base', base: best };
}

/** Parents of the commits that only `from` has: both have them. */
async function forkPoints(
  { from, to }: { readonly from: Revision; readonly to: Revision },
  { remote }: MergeContext,
  signal: AbortSignal,
): Promise<readonly Revision[]> {
  const commits: ObjectStore = new Map();
  await remote.fetch({ wants: [from], haves: [to], filter: 'tree:0' }, commits, signal);
  if (!commits.has(from)) return [from];
  const parents = [...commits.values()].flatMap(({ type, data }) => (type === 'commit' ? parentsOfCommit(data) : []));
  return [...new Set(parents)].flatMap((id) => {
    const revision = commits.has(id) ? null : asRevision(id);
    return revision === null ? [] : [revision];
  });
}

async function mergeInMemory(
  sides: MergeSides,
  baseRevision: Revision,
  context: MergeContext,
  signal: AbortSignal,
): Promise<Merge> {
  const { objects, made } = context;
  const { tip, head } = sides;
  await fetchCommits([tip, head, baseRevision], context, signal);
  const trees = {
    base: await objects.rootTreeOf(baseRevision, signal),
    tip: await objects.rootTreeOf(tip, signal),
    head: await objects.rootTreeOf(head, signal),
  };
  await Promise.all([
    objects.fetchDifference(trees.head, trees.base, signal),
    fetchTreesOfBoth(trees.tip, trees.base, { context, signal }),
  ]);
  const merged = await mergeAll(trees, context, signal);
  if (merged.conflicts.length > 0) {
    const changes = await objects.changesBetween(trees.head, trees.base, { path: '', both: [] }, signal);
    return { kind: 'conflict', paths: merged.conflicts.toSorted(), changedPaths: changes.map(({ path }) => path) };
  }
  const format = formatOf(tip);
  const commit = commitOf(merged.tree, sides);
  const id = idOf({ type: 'commit', data: commit }, format);
  const revision = asRevision(id);
  if (revision === null) throw gitError('git-protocol', { subject: id, message: 'the merge has no commit id' });
  for (const [treeId, tree] of merged.made) made.set(treeId, tree);
  made.set(id, { type: 'commit', data: commit });
  return mergedAt(revision, sides, context, signal);
}

/** These commits alone. */
async function fetchCommits(
  ids: readonly Revision[],
  { remote, objects }: MergeContext,
  signal: AbortSignal,
): Promise<void> {
  const missing = [...new Set(ids)].filter((id) => !objects.has(id));
  if (missing.length > 0)
    await remote.fetch({ wants: missing, depth: 1, filter: 'tree:0' }, objects.context.store, signal);
}

/** The trees, without any file, that only one of the two has. */
async function fetchTreesOfBoth(
  one: ObjectId,
  other: ObjectId,
  { context: { remote, objects }, signal }: { readonly context: MergeContext; readonly signal: AbortSignal },
): Promise<void> {
  const { store } = objects.context;
  await Promise.all([
    remote.fetch({ wants: [one], haves: [other], filter: 'blob:none' }, store, signal),
    remote.fetch({ wants: [other], haves: [one], filter: 'blob:none' }, store, signal),
  ]);
}

/** Fetches the trees that both sides changed, one level at a time. */
async function mergeAll(trees: ThreeTrees, { objects, remote }: MergeContext, signal: AbortSignal) {
  for (;;) {
    const merged = mergeTrees(trees, objects.context);
    if (merged.missing.length === 0) return merged;
    await remote.fetch({ wants: merged.missing, filter: 'tree:0' }, objects.context.store, signal);
  }
}

const WHO = 'headgate <headgate@localhost> 0 +0000';

/** A commit of this process alone: it is never sent. */
function commitOf(tree: string, { tip, head }: MergeSides): Buffer {
  return Buffer.from(`tree ${tree}\nparent ${tip}\nparent ${head}\nauthor ${WHO}\ncommitter ${WHO}\n\nMerge ${head}\n`);
}
