import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Merge, SourceQuery } from '../../src/deploy/ports/git.ts';
import { GIT_LIMITS } from '../../src/git/wire/limits.ts';
import { openRepository } from '../../src/git/reader.ts';
import type { ObjectId, Revision } from '../../src/snapshot/source.ts';
import { startGitServer } from '../rig/git-host/http-backend.ts';
import type { GitHttpServer } from '../rig/git-host/http-backend.ts';
import { BareRepository, removeRepositories } from './repository.ts';
import type { Tree } from './repository.ts';

const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
const signal = new AbortController().signal;
const servers: GitHttpServer[] = [];

afterAll(async () => {
  agents.http.destroy();
  await Promise.all(servers.map((server) => server.close()));
  removeRepositories();
});

async function serve(repository: BareRepository) {
  const server = await startGitServer({ root: repository.root });
  servers.push(server);
  const open = () =>
    openRepository({
      url: `${server.url}/fleet.git`,
      login: null,
      ca: null,
      userAgent: 'headgate-test',
      agents,
      limits: GIT_LIMITS,
    });
  return { server, open };
}

function sides(tip: string, head: string, tried: string | null = null) {
  return { tip: tip as Revision, head: head as Revision, tried: tried as Revision | null };
}

/** What git itself makes of it: the tree, or null when it has conflicts. */
function mergedByGit(repository: BareRepository, tip: string, head: string): string | null {
  return repository.tryGit('merge-tree', '--write-tree', tip, head);
}

function mergeCommit(repository: BareRepository, tree: string, parents: readonly string[]): string {
  return repository.git('commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-m', 'merge');
}

async function treeOf(merged: Merge, reader: ReturnType<typeof openRepository>): Promise<string> {
  if (merged.kind !== 'merged') throw new Error(JSON.stringify(merged));
  return reader.rootTree(merged.revision, signal);
}

const file = (text: string) => `value: ${text}\n`;
const START: Tree = Object.fromEntries(
  Array.from({ length: 24 }, (_, n) => [`apps/${n % 4}/${n % 2}/${n}.yaml`, file(String(n))]),
);
const first = 'apps/0/0/0.yaml';
const second = 'apps/1/1/1.yaml';

describe('the merge of a pull request', () => {
  it('is the head when the branch has not moved, and nothing has to be made', async () => {
    const repository = new BareRepository();
    const tip = repository.commit(START);
    const head = repository.commit({ ...START, [first]: file('new') }, { branch: 'change', parent: tip });
    const { open } = await serve(repository);
    const merged = await open().merge(sides(tip, head), signal);
    expect(merged).toEqual({ kind: 'merged', revision: head, changedPaths: [first] });
  });

  it('lays the changes since the common ancestor over a tip that has moved', async () => {
    const repository = new BareRepository();
    const base = repository.commit(START);
    const head = repository.commit({ ...START, [first]: file('new') }, { branch: 'change', parent: base });
    const tip = repository.commit({ ...START, [second]: file('moved') });
    const { open } = await serve(repository);
    const reader = open();
    const merged = await reader.merge(sides(tip, head), signal);
    expect(merged).toMatchObject({ kind: 'merged', changedPaths: [first] });
    expect(await treeOf(merged, reader)).toBe(mergedByGit(repository, tip, head));
  });

  it('names a file that both sides changed, which the host may be able to merge line by line', async () => {
    const repository = new BareRepository();
    const base = repository.commit(START);
    const head = repository.commit({ ...START, [first]: file('new') }, { branch: 'change', parent: base });
    const tip = repository.commit({ ...START, [first]: file('other') });
    const { open } = await serve(repository);
    expect(await open().merge(sides(tip, head), signal)).toEqual({
      kind: 'conflict',
      paths: [first],
      changedPaths: [first],
    });
  });

  it('is a conflict where one side moved a directory in which the other side added a file: git may move that file too', async () => {
    const repository = new BareRepository();
    const base = repository.commit(START);
    const moved = Object.fromEntries(
      Object.entries(START).map(([path, text]) => [path.replace('apps/0/0/', 'apps/0/moved/'), text]),
    );
    const head = repository.commit(moved, { branch: 'change', parent: base });
    const tip = repository.commit({ ...START, 'apps/0/0/added.yaml': file('added') });
    const { open } = await serve(repository);
    expect(await open().merge(sides(tip, head), signal)).toMatchObject({
      kind: 'conflict',
      paths: ['apps/0/0'],
    });
  });

  it('takes the merge that the host made of this head and tip, line by line', async () => {
    const repository = new BareRepository();
    const base = repository.commit(START);
    const head = repository.commit({ ...START, [first]: file('new') }, { branch: 'change', parent: base });
    const tip = repository.commit({ ...START, [first]: file('other') });
    const tree = repository.treeOf(repository.commit({ ...START, [first]: file('both') }, { branch: 'tried' }));
    const tried = mergeCommit(repository, tree, [tip, head]);
    const { open } = await serve(repository);
    expect(await open().merge(sides(tip, head, tried), signal)).toEqual({
      kind: 'merged',
      revision: tried,
      changedPaths: [first],
    });
  });

  it('ignores a merge that the host made of an older head, or whose parents are in the other order', async () => {
    const repository = new BareRepository();
    const base = repository.commit(START);
    const older = repository.commit({ ...START, [first]: file('older') }, { branch: 'change', parent: base });
    const head = repository.commit({ ...START, [first]: file('new') }, { branch: 'change', parent: older });
    const tip = repository.commit({ ...START, [second]: file('moved') });
    const wrong = repository.treeOf(older);
    const { open } = await serve(repository);
    for (const parents of [[tip, older], [base, head], [head, tip], [tip]]) {
      const reader = open();
      const merged = await reader.merge(sides(tip, head, mergeCommit(repository, wrong, parents)), signal);
      expect(await treeOf(merged, reader)).toBe(mergedByGit(repository, tip, head));
    }
  });

  it('changes nothing when the branch has the head already', async () => {
    const repository = new BareRepository();
    const head = repository.commit(START);
    const tip = repository.commit({ ...START, [first]: file('later') });
    const { open } = await serve(repository);
    expect(await open().merge(sides(tip, head), signal)).toEqual({ kind: 'merged', revision: tip, changedPaths: [] });
  });

  it('finds the newest common ancestor of a head that the branch was merged into again and again', async () => {
    const repository = new BareRepository();
    let tip = repository.commit(START);
    let head = repository.commit({ ...START, 'apps/own.yaml': file('own') }, { branch: 'change', parent: tip });
    for (let n = 0; n < 5; n += 1) {
      tip = repository.commit({ ...START, [second]: file(`tip ${n}`) });
      head = mergeCommit(repository, mergedByGit(repository, head, tip) ?? '', [head, tip]);
    }
    tip = repository.commit({ ...START, [second]: file('last') });
    const { open } = await serve(repository);
    const reader = open();
    const merged = await reader.merge(sides(tip, head), signal);
    expect(merged).toMatchObject({ changedPaths: ['apps/own.yaml'] });
    expect(await treeOf(merged, reader)).toBe(mergedByGit(repository, tip, head));
  });

  it('says that there is no common ancestor, or that there are several best ones', async () => {
    const repository = new BareRepository();
    const base = repository.commit(START);
    const a = repository.commit({ ...START, 'a.yaml': file('a') }, { branch: 'a', parent: base });
    const b = repository.commit({ ...START, 'b.yaml': file('b') }, { branch: 'b', parent: base });
    const tree = mergedByGit(repository, a, b) ?? '';
    const [tip, head] = [mergeCommit(repository, tree, [a, b]), mergeCommit(repository, tree, [b, a])];
    const other = repository.commit({ 'other.yaml': file('other') }, { branch: 'other', parent: null });
    const { open } = await serve(repository);
    expect(await open().merge(sides(tip, head), signal)).toEqual({ kind: 'no-base', bases: 'several' });
    expect(await open().merge(sides(tip, other), signal)).toEqual({ kind: 'no-base', bases: 'none' });
  });

  it('is read like a commit, by difference and as a whole, though no server has it', async () => {
    const repository = new BareRepository();
    const base = repository.commit(START);
    const head = repository.commit({ ...START, [first]: file('new') }, { branch: 'change', parent: base });
    const tip = repository.commit({ ...START, 'apps/0/0/sibling.yaml': file('moved') });
    const { open, server } = await serve(repository);
    const reader = open();
    const merged = await reader.merge(sides(tip, head), signal);
    if (merged.kind !== 'merged') throw new Error('not merged');
    const query = {
      ref: 'refs/heads/main',
      at: merged.revision,
      path: 'apps',
      inputs: [],
      recorded: {},
      hint: null,
      also: [],
      isRead: () => true,
    } satisfies Omit<SourceQuery, 'base'>;
    const baseAt = (revision: string) => ({
      revision: revision as Revision,
      rootTree: repository.treeOf(revision) as ObjectId,
      tree: repository.treeOf(revision, 'apps') as ObjectId,
    });
    const before = server.requests.length;
    const changed = await reader.since({ ...query, base: baseAt(tip) }, signal);
    expect(changed.files.map(({ path }) => path)).toEqual([first]);
    // Both trees were read for the merge.
    expect(server.requests.length).toBe(before);
    const sinceBase = await reader.since({ ...query, base: baseAt(base) }, signal);
    expect(sinceBase.files.map(({ path }) => path).toSorted()).toEqual([first, 'apps/0/0/sibling.yaml']);
    const whole = await reader.since({ ...query, base: null }, signal);
    expect(whole.files).toHaveLength(25);
    expect(await reader.rootTree(merged.revision, signal)).toBe(mergedByGit(repository, tip, head));
  });

  it('agrees with git on random histories whenever it merges, and refuses at most a fifth of what git merges', async () => {
    const repository = new BareRepository();
    const base = repository.commit(START);
    const { open } = await serve(repository);
    const paths = Object.keys(START);
    const edit = fc.oneof(
      fc.record({ kind: fc.constant('edit' as const), path: fc.constantFrom(...paths), text: fc.string() }),
      fc.record({ kind: fc.constant('delete' as const), path: fc.constantFrom(...paths) }),
      fc.record({
        kind: fc.constant('add' as const),
        path: fc.constantFrom('apps/0/x.yaml', 'apps/new/y.yaml', 'z.yaml', 'apps/0/0', 'apps/0.yaml', 'apps/0-b.yaml'),
      }),
      fc.record({ kind: fc.constant('move' as const), from: fc.constantFrom('apps/0/', 'apps/1/1/', 'apps/3/') }),
    );
    type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;
    const apply = (tree: Tree, change: Edit): Tree => {
      switch (change.kind) {
        case 'edit':
          return change.path in tree ? { ...tree, [change.path]: file(change.text) } : tree;
        case 'delete':
          return Object.fromEntries(Object.entries(tree).filter(([path]) => path !== change.path));
        case 'add':
          return Object.keys(tree).some((path) => path.startsWith(`${change.path}/`))
            ? tree
            : { ...tree, [change.path]: file('added') };
        case 'move':
          return Object.fromEntries(
            Object.entries(tree).map(([path, text]) => [path.replace(change.from, 'apps/moved/'), text]),
          );
        default:
          return change satisfies never;
      }
    };
    const history = fc.array(edit, { minLength: 1, maxLength: 4 });
    const counts = { mergedByGit: 0, refused: 0, compared: 0 };
    await fc.assert(
      fc.asyncProperty(history, history, async (ofTip, ofHead) => {
        const commit = (edits: readonly Edit[], branch: string) => {
          const tree = edits.reduce((before, each) => apply(before, each), START);
          return repository.commit(tree, { branch, parent: base });
        };
        const [tip, head] = [commit(ofTip, 'tip'), commit(ofHead, 'head')];
        const expected = mergedByGit(repository, tip, head);
        const reader = open();
        const merged = await reader.merge(sides(tip, head), signal);
        if (expected !== null) counts.mergedByGit += 1;
        if (merged.kind !== 'merged') {
          if (expected !== null) counts.refused += 1;
          return;
        }
        if (expected === null) return;
        counts.compared += 1;
        expect(await treeOf(merged, reader)).toBe(expected);
        expect([...merged.changedPaths].toSorted()).toEqual(
          [...repository.difference(tip, expected).keys()].toSorted(),
        );
      }),
      // The share that is refused varies with the histories.
      { numRuns: 40, seed: 1 },
    );
    expect(counts.refused).toBeLessThanOrEqual(counts.mergedByGit / 5);
    expect(counts.compared).toBeGreaterThan(10);
  }, 240_000);
});
