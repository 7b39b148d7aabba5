import { DeployError } from '../error/deploy-error.ts';
import type { SourceQuery } from '../deploy/ports/git.ts';
import type { ObjectId, Revision, SourceFile } from '../snapshot/source.ts';
import { asObjectId } from '../snapshot/source.ts';
import { compareTrees, lookUp } from './difference.ts';
import type { ChangedPath, WalkContext } from './difference.ts';
import { gitError } from './wire/git-error.ts';
import type { ObjectStore } from './wire/pack.ts';
import type { GitServer } from './wire/transport.ts';
import { treeOfCommit } from './tree.ts';
import { inTurns } from './wire/turns.ts';

import type { FetchArguments, UploadPack } from './wire/upload-pack.ts';

export type RemoteObjects = ReturnType<typeof remoteObjects>;

export function remoteObjects(remote: UploadPack, server: GitServer) {
  const store: ObjectStore = new Map();
  const context: WalkContext = {
    store,
    limits: server.limits,
    subject: server.url,
  };

  /** Commits that were fetched with everything that they contain. */
  const whole = new Set<string>();

  /** The root tree of a commit, read from the commit itself. */
  async function rootTreeOf(revision: Revision, signal: AbortSignal): Promise<ObjectId> {
    if (!store.has(revision)) {
      await remote.fetch({ wants: [revision], depth: 1, filter: 'tree:0' }, store, signal);
      if (!remote.hasFilters()) whole.add(revision);
    }
    const commit = store.get(revision);
    const tree = commit?.type === 'commit' ? asObjectId(treeOfCommit(commit.data, server.url)) : null;
    if (tree === null)
      throw gitError('revision-missing', { subject: revision, message: `${revision} is not a commit` });
    return tree;
  }

  /** Everything that these commits contain, for a server that serves nothing else. */
  async function fetchCommits(revisions: readonly Revision[], signal: AbortSignal): Promise<void> {
    const wants = [...new Set(revisions)].filter((revision) => !whole.has(revision));
    if (wants.length === 0) return;
    await remote.fetch({ wants, depth: 1 }, store, signal);
    for (const revision of wants) whole.add(revision);
  }

  /** With the files, to save a round. Large ones may not be wanted, so then only the trees are fetched. */
  async function fetchWithFiles(what: Pick<FetchArguments, 'wants' | 'haves'>, signal: AbortSignal): Promise<void> {
    const received: ObjectStore = new Map();
    try {
      await remote.fetch({ ...what, upToBytes: server.limits.eagerBytes }, received, signal);
    } catch (thrown) {
      if (!(thrown instanceof DeployError && thrown.code === 'git-limit')) throw thrown;
      received.clear();
      await remote.fetch({ ...what, filter: 'blob:none' }, received, signal);
    }
    for (const [id, object] of received) store.set(id, object);
  }

  /** Fetches at once what only the newer tree has, and the trees (without file contents) that only the older one has. */
  async function fetchDifference(now: ObjectId, before: ObjectId, signal: AbortSignal): Promise<void> {
    if (now === before) return;
    // Where it serves whole commits, they are here.
    if (!remote.traits.servesTrees && store.has(now) && store.has(before)) return;
    await Promise.all([
      fetchWithFiles({ wants: [now], haves: [before] }, signal),
      remote.fetch({ wants: [before], haves: [now], filter: 'blob:none' }, store, signal),
    ]);
  }

  /** Looks up paths, fetching missing trees in one round per level for all of them. */
  async function descend(rootTree: ObjectId, paths: readonly string[], signal: AbortSignal) {
    for (;;) {
      const found = paths.map((path) => lookUp(rootTree, path, context));
      const missing = [...new Set(found.flatMap((at) => (at.kind === 'missing' ? [at.id] : [])))];
      if (missing.length === 0)
        return new Map(found.map((at, index) => [paths[index] ?? '', at.kind === 'found' ? at.entry : null]));
      await remote.fetch({ wants: missing, filter: 'tree:0' }, store, signal);
    }
  }

  async function treeIds(
    rootTree: ObjectId,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ObjectId | null>> {
    const found = await descend(rootTree, paths, signal);
    return new Map([...found].map(([path, entry]) => [path, entry === null ? null : asObjectId(entry.id)]));
  }

  /** The changes below a path. Fetches what neither pack contained, such as moved or copied content. */
  async function changesBetween(
    now: string | null,
    before: string | null,
    at: { path: string; both: readonly Revision[] },
    signal: AbortSignal,
  ) {
    for (let round = 1; ; round += 1) {
      const { changes, missing } = await inTurns(compareTrees(now, before, at.path, context));
      if (missing.length === 0) return changes;
      // Each level costs a round: after a few it is cheaper to fetch all trees of both commits at once.
      const isDeep = round > server.limits.rounds && at.both.length > 0;
      await remote.fetch(
        isDeep ? { wants: at.both, depth: 1, filter: 'blob:none' } : { wants: missing, filter: 'tree:0' },
        store,
        signal,
      );
    }
  }

  async function readChanges(
    changes: readonly ChangedPath[],
    isRead: SourceQuery['isRead'],
    signal: AbortSignal,
  ): Promise<readonly SourceFile[]> {
    const wanted = changes.filter(
      ({ path, now }) => (now?.hazard !== undefined && now.hazard !== null) || isRead(path, now?.kind ?? 'absent'),
    );
    const missing = wanted.flatMap(({ now }) =>
      now?.kind === 'file' && now.hazard === null && !store.has(now.id) ? [now.id] : [],
    );
    if (missing.length > 0) await remote.fetch({ wants: [...new Set(missing)], filter: 'tree:0' }, store, signal);
    return wanted.map((change) => asFile(change));
  }

  function asFile({ path, now }: ChangedPath): SourceFile {
    if (now === null) return { path, kind: 'absent' };
    if (now.hazard !== null) return { path, kind: 'refused', reason: now.hazard };
    if (now.kind !== 'file') return { path, kind: now.kind };
    const blob = store.get(now.id);
    const oid = asObjectId(now.id);
    if (blob?.type !== 'blob' || oid === null)
      throw gitError('git-protocol', { subject: server.url, message: `${now.id} is not a file` });
    return { path, kind: 'file', oid, bytes: blob.data };
  }

  /** A tree and everything below it. */
  function fetchWhole(tree: ObjectId, signal: AbortSignal): Promise<void> {
    return fetchWithFiles({ wants: [tree] }, signal);
  }

  return {
    context,
    has: (id: string) => store.has(id),
    get: (id: string) => store.get(id),
    isWhole: (revision: string) => whole.has(revision),
    fetchCommits,
    rootTreeOf,
    fetchDifference,
    fetchWhole,
    descend,
    treeIds,
    changesBetween,
    readChanges,
    asFile,
    fetch: (what: FetchArguments, signal: AbortSignal) => remote.fetch(what, store, signal),
  };
}
