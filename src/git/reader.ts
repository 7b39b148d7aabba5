import type { Git, SourceQuery } from '../deploy/ports/git.ts';
import type { ObjectId, PastCommit, Revision, Source, SourceFile } from '../snapshot/source.ts';
import { asObjectId, asRevision } from '../snapshot/source.ts';
import { gitError, UnknownObject } from './wire/git-error.ts';
import type { ObjectStore } from './wire/pack.ts';
import type { GitServer } from './wire/transport.ts';
import { objectsOf, withLocalObjects } from './local-objects.ts';
import type { LocalObjects } from './local-objects.ts';
import type { HistoryQuery } from './history.ts';
import { remoteObjects } from './objects.ts';
import { describeCommit } from './tree.ts';
import { uploadPack } from './wire/upload-pack.ts';

/** Ids in SHA-256 repositories have 64 digits. `local`: objects that need not be fetched. */
export function openRepository(server: GitServer, local: LocalObjects | null = null) {
  /** Merges that this reader made: the server does not know them. */
  const made: ObjectStore = new Map();
  const overServer = withLocalObjects(uploadPack(server), objectsOf(made));
  const remote = local === null ? overServer : withLocalObjects(overServer, local);
  const objects = remoteObjects(remote, server);
  const { rootTreeOf, fetchDifference, descend, treeIds, changesBetween, readChanges } = objects;

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
      if (!remote.traits.servesTrees) await fetchBoth(revision, base, signal);
      return { revision, rootTree: await treeOf(revision) };
    }
    // One round: the payload's tree id is fetched before it is verified, and the result is used only after.
    const [revision] = await Promise.all([
      tip(query.ref, signal),
      nullIfUnknown(
        remote.traits.servesTrees
          ? rootTreeOf(hint.revision, signal).then(() => undefined)
          : fetchBoth(hint.revision, base, signal),
      ),
      hint.rootTree === null || base === null || !remote.traits.servesTrees
        ? null
        : nullIfUnknown(fetchDifference(hint.rootTree, base.rootTree, signal)),
    ]);
    return { revision, rootTree: await treeOf(revision) };
  }

  async function fetchBoth(revision: Revision, base: SourceQuery['base'], signal: AbortSignal): Promise<void> {
    const { fetchBoth: fetched } = await import('./whole-commits.ts');
    return fetched(objects, { revision, base: base?.revision ?? null }, signal);
  }

  /** Some servers serve only commits: then these are fetched whole, and the work is done with what they contain. */
  async function orWithWhole<T>(
    revisions: readonly (Revision | null)[],
    work: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof UnknownObject) || remote.hasFilters()) throw thrown;
      const { fetchInstead } = await import('./whole-commits.ts');
      await fetchInstead(objects, { revisions, thrown, traits: remote.traits }, signal);
      return work();
    }
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
    if (tree !== null && !objects.isWhole(at.revision)) await objects.fetchWhole(tree, signal);
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

  async function inTheWay(rootTree: ObjectId, { path }: SourceQuery, signal: AbortSignal) {
    return (await import('./paths.ts')).inTheWay(objects, { rootTree, path }, signal);
  }

  async function files(rootTree: ObjectId, paths: readonly string[], signal: AbortSignal) {
    return (await import('./paths.ts')).readFiles(objects, { rootTree, paths }, signal);
  }

  async function inputsOf(rootTree: ObjectId, { inputs, recorded, base }: SourceQuery, signal: AbortSignal) {
    if (inputs.length === 0) return {};
    const { idsAt } = await import('./paths.ts');
    const at = { rootTree, base: base === null ? null : { rootTree: base.rootTree, ids: recorded } };
    return idsAt(objects, { at, paths: inputs }, signal);
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
    const wholly = () => orWithWhole([at.revision], () => readAll(at, query, signal), signal);
    if (base === null) return wholly();
    try {
      const work = () => readDifference(at, { ...query, base }, signal);
      return await orWithWhole([at.revision, base.revision], work, signal);
    } catch (thrown) {
      // The server garbage-collected the applied tree: deletions then come from the inventory, not from Git.
      if (thrown instanceof UnknownObject) return wholly();
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
    files: ({ revision, rootTree }, paths, signal) =>
      mustExist(orWithWhole([revision], () => files(rootTree, paths, signal), signal)),
    since: (query, signal) => mustExist(since(query, signal)),
    async readPaths(at, paths, signal) {
      const { readPaths } = await import('./paths.ts');
      return mustExist(readPaths(objects, { at, paths }, signal));
    },
    async below(trees, signal) {
      const { below } = await import('./paths.ts');
      return mustExist(below(objects, trees, signal));
    },
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
      const { isAncestor } = await import('./history.ts');
      return mustExist(isAncestor(remote, { older, newer }, signal));
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
