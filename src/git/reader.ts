import type { Git, SourceQuery } from '../deploy/ports/git.ts';
import type { ObjectId, Revision, Source, SourceFile } from '../snapshot/source.ts';
import { asObjectId, asRevision } from '../snapshot/source.ts';
import { gitError, UnknownObject } from './git-error.ts';
import type { ObjectStore } from './pack.ts';
import type { GitServer } from './transport.ts';
import { objectsOf, withLocalObjects } from './local-objects.ts';
import type { LocalObjects } from './local-objects.ts';
import type { HistoryQuery, PastCommit } from './history.ts';
import { remoteObjects } from './objects.ts';
import { describeCommit, parentsOfCommit } from './tree.ts';
import { uploadPack } from './upload-pack.ts';

/** Ids in SHA-256 repositories have 64 digits. `local`: objects that need not be fetched. */
export function openRepository(server: GitServer, local: LocalObjects | null = null) {
  /** Merges that this reader made: the server does not know them. */
  const made: ObjectStore = new Map();
  const overServer = withLocalObjects(uploadPack(server), objectsOf(made));
  const remote = local === null ? overServer : withLocalObjects(overServer, local);
  const objects = remoteObjects(remote, server);
  const { rootTreeOf, fetchDifference, descend, treeIds, changesBetween, readChanges, files } = objects;

  async function tips(refs: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Revision>> {
    const found = await remote.listRefs(refs, signal);
    // Git matches prefixes: `refs/heads/main` also returns `refs/heads/main-2`.
    return new Map(
      refs.flatMap((ref) => {
        const revision = asRevision(found.get(ref) ?? '');
        return revision === null ? [] : [[ref, revision] as const];
      }),
    );
  }

  async function tip(ref: string, signal: AbortSignal): Promise<Revision> {
    const found = (await tips([ref], signal)).get(ref);
    if (found !== undefined) return found;
    throw gitError('ref-missing', { subject: ref, message: `${ref} does not exist in ${server.url}` });
  }

  async function resolveTip(
    query: SourceQuery,
    signal: AbortSignal,
  ): Promise<{ revision: Revision; rootTree: ObjectId }> {
    const { at, hint, base } = query;
    if (at !== null) return { revision: at, rootTree: await knownCommit(at, signal) };
    // The tree of the applied commit is already recorded.
    const treeOf = (revision: Revision) => (revision === base?.revision ? base.rootTree : rootTreeOf(revision, signal));
    if (hint === null) {
      const revision = await tip(query.ref, signal);
      return { revision, rootTree: await treeOf(revision) };
    }
    // One round: the payload's tree id is fetched before it is verified, and the result is used only after.
    const [revision] = await Promise.all([
      tip(query.ref, signal),
      nullIfUnknown(rootTreeOf(hint.revision, signal)),
      hint.rootTree === null || base === null
        ? null
        : nullIfUnknown(fetchDifference(hint.rootTree, base.rootTree, signal)),
    ]);
    return { revision, rootTree: await treeOf(revision) };
  }

  async function knownCommit(revision: Revision, signal: AbortSignal): Promise<ObjectId> {
    try {
      return await rootTreeOf(revision, signal);
    } catch (thrown) {
      if (!(thrown instanceof UnknownObject)) throw thrown;
      throw gitError('revision-missing', {
        subject: revision,
        message: `${server.url} has no commit ${revision}`,
        cause: thrown,
      });
    }
  }

  /** Reads everything below the path, without a base to compare with. */
  async function readAll(
    at: { revision: Revision; rootTree: ObjectId },
    query: SourceQuery,
    signal: AbortSignal,
  ): Promise<Source> {
    const tree = await pathTree(at.rootTree, query, signal);
    if (tree !== null) await objects.fetchWhole(tree, signal);
    const changes = await changesBetween(tree, null, { path: query.path, both: [] }, signal);
    const read = [
      ...(await readChanges(changes, query.isRead, signal)),
      ...(tree === null ? await inTheWay(at.rootTree, query, signal) : []),
    ];
    return { ...at, tree, inputs: await inputsOf(at.rootTree, query, signal), complete: true, files: read };
  }

  async function pathTree(rootTree: ObjectId, { path }: SourceQuery, signal: AbortSignal): Promise<ObjectId | null> {
    const entry = (await descend(rootTree, [path], signal)).get(path) ?? null;
    return entry?.kind === 'tree' ? asObjectId(entry.id) : null;
  }

  /** A link or submodule at the path or above it: what is behind it is unknown, and not deleted. */
  async function inTheWay(
    rootTree: ObjectId,
    { path }: SourceQuery,
    signal: AbortSignal,
  ): Promise<readonly SourceFile[]> {
    const names = path.split('/');
    const paths = names.map((_, index) => names.slice(0, index + 1).join('/'));
    return [...(await descend(rootTree, paths, signal))].flatMap(([at, entry]): readonly SourceFile[] => {
      if (entry === null) return [];
      if (entry.hazard !== null) return [{ path: at, kind: 'refused', reason: entry.hazard }];
      return entry.kind === 'symlink' || entry.kind === 'submodule' ? [{ path: at, kind: entry.kind }] : [];
    });
  }

  function inputsOf(rootTree: ObjectId, { inputs, recorded, base }: SourceQuery, signal: AbortSignal) {
    const known = base === null ? null : { rootTree: base.rootTree, ids: recorded };
    return objects.idsAt({ rootTree, base: known }, inputs, signal);
  }

  async function readDifference(
    at: { revision: Revision; rootTree: ObjectId },
    query: SourceQuery & { base: NonNullable<SourceQuery['base']> },
    signal: AbortSignal,
  ): Promise<Source> {
    const { base, also } = query;
    // What is on this machine is compared level by level: the server does not know its commit.
    const isLocal = local !== null || made.has(at.rootTree);
    const isKnown = objects.has(at.rootTree) && (isLocal || objects.has(base.rootTree));
    if (!isKnown) await fetchDifference(at.rootTree, base.rootTree, signal);
    // Equal root trees mean that nothing changed, and then no tree was fetched.
    const tree = at.rootTree === base.rootTree ? base.tree : await pathTree(at.rootTree, query, signal);
    const changes = await changesBetween(
      tree,
      base.tree,
      { path: query.path, both: isLocal ? [] : [at.revision, base.revision] },
      signal,
    );
    const changed = await readChanges(changes, query.isRead, signal);
    const known = new Set(changed.map(({ path }) => path));
    const more = also.filter((path) => !known.has(path));
    const dirty = more.length === 0 ? [] : await files(at.rootTree, more, signal);
    return {
      ...at,
      tree,
      inputs: await inputsOf(at.rootTree, query, signal),
      complete: false,
      files: [
        ...changed,
        // A path that did not change may be excluded since it was noted. What came from it has left Git then.
        ...dirty.map((file) => (query.isRead(file.path, file.kind) ? file : absent(file.path))),
        ...(tree === null ? await inTheWay(at.rootTree, query, signal) : []),
      ],
    };
  }

  async function since(query: SourceQuery, signal: AbortSignal): Promise<Source> {
    const at = await resolveTip(query, signal);
    const { base } = query;
    if (base === null) return readAll(at, query, signal);
    try {
      return await readDifference(at, { ...query, base }, signal);
    } catch (thrown) {
      // The server garbage-collected the applied tree: deletions then come from the inventory, not from Git.
      if (thrown instanceof UnknownObject) return readAll(at, query, signal);
      throw thrown;
    }
  }

  /** An object that a ref leads to must exist: the host's replicas may be out of sync, so the run is retried. */
  async function mustExist<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (thrown) {
      if (!(thrown instanceof UnknownObject)) throw thrown;
      throw gitError('git-unreachable', {
        subject: server.url,
        message: `the replica that responded lacks object ${thrown.id}`,
        cause: thrown,
      });
    }
  }

  return {
    usage: remote.usage,
    tips,
    files: (rootTree, paths, signal) => mustExist(files(rootTree, paths, signal)),
    since: (query, signal) => mustExist(since(query, signal)),
    readPaths: (at, paths, signal) => mustExist(objects.readPaths(at, paths, signal)),
    below: (trees, signal) => mustExist(objects.below(trees, signal)),
    async history(query: HistoryQuery, signal: AbortSignal) {
      const { readHistory } = await import('./history.ts');
      return mustExist(readHistory(remote, query, { signal, subject: server.url }));
    },
    async treesAbove(rootTree: ObjectId, paths: readonly string[], signal: AbortSignal) {
      const { treesAbove } = await import('./history.ts');
      return mustExist(treesAbove(rootTree, paths, { objects, signal }));
    },
    rootTree: (revision, signal) => mustExist(knownCommit(revision, signal)),
    async trees(revision, paths, signal) {
      return mustExist(rootTreeOf(revision, signal).then((rootTree) => treeIds(rootTree, paths, signal)));
    },
    async merge(sides, signal) {
      const { merge } = await import('./merge.ts');
      // The ids are the host's own answer, so one that Git lacks does not exist yet, or no longer.
      return mustExist(merge(sides, { remote, objects, made }, signal));
    },
    described(revision) {
      const commit = objects.get(revision);
      return commit?.type === 'commit' ? describeCommit(commit.data) : null;
    },
    async isAncestor(older, newer, signal) {
      if (older === newer) return true;
      const commits: ObjectStore = new Map();
      // These commits are reachable from `newer` but not from `older`: if `older` is an ancestor, one of them is its child.
      await mustExist(remote.fetch({ wants: [newer], haves: [older], filter: 'tree:0' }, commits, signal));
      return [...commits.values()].some(({ type, data }) => type === 'commit' && parentsOfCommit(data).includes(older));
    },
  } satisfies Git & ForWriting;
}

/** What a commit on top of another one needs. */
interface ForWriting {
  history(query: HistoryQuery, signal: AbortSignal): Promise<readonly PastCommit[]>;
  treesAbove(
    rootTree: ObjectId,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, { readonly id: string; readonly data: Buffer }>>;
}

function absent(path: string): SourceFile {
  return { path, kind: 'absent' };
}

/** Ids claimed by a delivery may be wrong or not available yet. They are verified later, so a miss is not an error. */
async function nullIfUnknown<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (thrown) {
    if (thrown instanceof UnknownObject) return null;
    throw thrown;
  }
}
