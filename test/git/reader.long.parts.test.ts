import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeployError } from '../../src/error/deploy-error.ts';
import { GIT_LIMITS } from '../../src/git/wire/limits.ts';
import { pktLine } from '../../src/git/wire/pkt-line.ts';
import { openRepository } from '../../src/git/reader.ts';
import { newTraits } from '../../src/git/wire/transport.ts';
import { readTree } from '../../src/git/tree.ts';
import type { SourceQuery } from '../../src/deploy/ports/git.ts';
import type { ObjectId, Revision, Source } from '../../src/snapshot/source.ts';
import { startGitServer } from '../rig/git-host/http-backend.ts';
import type { GitHttpOptions, GitHttpServer } from '../rig/git-host/http-backend.ts';
import { countingFromWants, servingCommitsOnly } from '../rig/git-host/tree-depth.ts';
import { likeCodeCommit, speakingVersion0 } from '../rig/git-host/version-0.ts';
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

async function serve(repository: BareRepository, options: Partial<GitHttpOptions> = {}) {
  const server = await startGitServer({ root: repository.root, ...options });
  servers.push(server);
  const open = (change: Partial<Parameters<typeof openRepository>[0]> = {}) =>
    openRepository({
      url: `${server.url}/fleet.git`,
      login: null,
      ca: null,
      userAgent: 'headgate-test',
      agents,
      limits: GIT_LIMITS,
      ...change,
    });
  return { server, open };
}

function query(change: Partial<SourceQuery> = {}): SourceQuery {
  return {
    ref: 'refs/heads/main',
    at: null,
    path: '',
    inputs: [],
    recorded: {},
    base: null,
    hint: null,
    also: [],
    isRead: () => true,
    ...change,
  };
}

function baseOf(repository: BareRepository, revision: string, path = ''): SourceQuery['base'] {
  const tree = path === '' ? repository.treeOf(revision) : repository.tryGit('rev-parse', `${revision}:${path}`);
  return {
    revision: revision as Revision,
    rootTree: repository.treeOf(revision) as ObjectId,
    tree: tree as ObjectId | null,
  };
}

function asChanges(source: Source): ReadonlyMap<string, string | null> {
  return new Map(source.files.map((file) => [file.path, file.kind === 'file' ? file.oid : null]));
}

function sorted(map: ReadonlyMap<string, string | null>): readonly (readonly [string, string | null])[] {
  return [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const file = (text: string) => `value: ${text}\n${'padding: x\n'.repeat(20)}`;
const START: Tree = Object.fromEntries(
  Array.from({ length: 60 }, (_, n) => [`clusters/prod/${n % 6}/${n % 3}/${n}.yaml`, file(String(n))]),
);

function move(tree: Tree, from: string, to: string): Tree {
  return Object.fromEntries(
    Object.entries(tree).map(([path, content]) => [
      path.startsWith(from) ? to + path.slice(from.length) : path,
      content,
    ]),
  );
}

const first = 'clusters/prod/0/0/0.yaml';
const without = (tree: Tree, path: string): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([other]) => other !== path));
const flat: Tree = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`${n}.yaml`, file(String(n))]));

/** The commit pairs that a tree-to-tree reader is most likely to get wrong. */
const PAIRS: readonly (readonly [string, readonly Tree[]])[] = [
  ['an edit', [START, { ...START, [first]: file('edited') }]],
  ['a revert', [START, { ...START, [first]: file('edited') }, START]],
  ['a deletion', [START, without(START, first)]],
  ['a moved folder', [START, move(START, 'clusters/prod/1/', 'clusters/prod/moved/deeper/')]],
  ['a copy', [START, { ...START, 'clusters/prod/copy.yaml': file('0') }]],
  [
    'a moved folder and a copied file',
    [START, { ...move(START, 'clusters/prod/1/', 'clusters/prod/m/'), 'copy.yaml': file('7') }],
  ],
  ['the same tree', [START, START]],
  ['a file that becomes a folder', [START, { ...without(START, first), [`${first}/x.yaml`]: file('x') }]],
  ['a flat folder', [flat, { ...flat, '17.yaml': file('edited') }]],
  ['an empty file', [START, { ...START, 'clusters/empty.yaml': '' }]],
];

describe('a path that is read although it did not change', () => {
  it('is absent if the filter does not let it through: a file that an unfinished run touched may be excluded by now', async () => {
    const repository = new BareRepository('fleet.git', { filter: true });
    const revision = repository.commit({ 'apps/a.yaml': file('a'), 'apps/skip.yaml': file('skip') });
    const { open } = await serve(repository);
    const source = await open().since(
      query({
        base: baseOf(repository, revision),
        also: ['apps/a.yaml', 'apps/skip.yaml'],
        isRead: (path) => path !== 'apps/skip.yaml',
      }),
      signal,
    );
    expect(source.files.map(({ path, kind }) => [path, kind])).toEqual([
      ['apps/a.yaml', 'file'],
      ['apps/skip.yaml', 'absent'],
    ]);
  });
});

interface ServerKind {
  readonly filter: boolean;
  readonly bitmaps: boolean;
  readonly emulates?: (repository: string) => Partial<GitHttpOptions>;
}

describe.each<[string, ServerKind]>([
  ['a server with filters', { filter: true, bitmaps: false }],
  ['a server with filters and bitmaps', { filter: true, bitmaps: true }],
  ['a server without filters', { filter: false, bitmaps: false }],
  ['a server that counts depth from the wanted tree', { filter: true, bitmaps: false, emulates: countingFromWants }],
  ['a server that serves commits only', { filter: false, bitmaps: false, emulates: servingCommitsOnly }],
  ['a server of protocol version 0', { filter: true, bitmaps: false, emulates: speakingVersion0 }],
  ['a server like CodeCommit', { filter: false, bitmaps: false, emulates: likeCodeCommit }],
])('reading from %s', (_server, kind: ServerKind) => {
  describe.each(PAIRS)('across %s', (_pair, trees) => {
    const repository = new BareRepository('fleet.git', { filter: kind.filter });
    const revisions = trees.map((tree) => repository.commit(tree));
    const now = revisions.at(-1) ?? '';
    const before = revisions.at(-2) ?? '';
    let open: Awaited<ReturnType<typeof serve>>['open'];
    beforeAll(async () => {
      if (kind.bitmaps) repository.git('repack', '-q', '-a', '-d', '-b');
      ({ open } = await serve(repository, kind.emulates?.(repository.path) ?? {}));
    });
    const expected = () => sorted(repository.difference(before, now));

    it.each([
      ['both ids known', { hint: { revision: now as Revision, rootTree: repository.treeOf(now) as ObjectId } }],
      ['the commit known', { hint: { revision: now as Revision, rootTree: null } }],
      ['nothing known', {}],
      [
        'a forged tree id',
        { hint: { revision: now as Revision, rootTree: repository.treeOf(revisions[0] ?? '') as ObjectId } },
      ],
    ])('reads the same changes as git, with %s', async (_known, hint) => {
      const source = await open().since(query({ base: baseOf(repository, before), ...hint }), signal);
      expect(sorted(asChanges(source))).toEqual(expected());
      expect(source).toMatchObject({
        revision: now,
        rootTree: repository.treeOf(now),
        tree: repository.treeOf(now),
        complete: false,
      });
    });

    it('reads the same changes as git when whole trees have to be fetched', async () => {
      const source = await open({ limits: { ...GIT_LIMITS, rounds: 0 } }).since(
        query({ base: baseOf(repository, before) }),
        signal,
      );
      expect(sorted(asChanges(source))).toEqual(expected());
    });

    it('reads the changes of a rewind', async () => {
      const source = await open().since(query({ at: before as Revision, base: baseOf(repository, now) }), signal);
      expect(sorted(asChanges(source))).toEqual(sorted(repository.difference(now, before)));
    });

    it('returns every file without a base', async () => {
      const source = await open().since(query(), signal);
      expect(source.complete).toBe(true);
      expect(source.files.map(({ path }) => path).toSorted()).toEqual(
        repository.git('ls-tree', '-r', '--name-only', now).split('\n').toSorted(),
      );
    });
  });
});

it('the Git reader finds out once per process that a server counts depth from the wanted tree', async () => {
  const repository = new BareRepository();
  const revision = repository.commit(START);
  const { server, open } = await serve(repository, countingFromWants(repository.path));
  const paths = ['clusters/prod/0', 'clusters/prod/1'];
  const ids = await open().trees(revision as Revision, paths, signal);
  expect(Object.fromEntries(ids)).toEqual(
    Object.fromEntries(paths.map((path) => [path, repository.git('rev-parse', `${revision}:${path}`)])),
  );
  const filtersOf = () => server.requests.splice(0).map(({ body }) => /filter (\S+)/.exec(body)?.[1]);
  expect(filtersOf()).toEqual(['tree:0', 'tree:0', 'tree:1', 'tree:1', 'tree:1']);
  const traits = newTraits();
  await open({ traits }).trees(revision as Revision, paths, signal);
  server.requests.splice(0);
  await open({ traits }).trees(revision as Revision, paths, signal);
  // With the commit comes its root tree.
  expect(filtersOf()).toEqual(['tree:1', 'tree:1', 'tree:1']);
});

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

describe('a server that serves commits only', () => {
  const repository = new BareRepository('fleet.git', { filter: false });
  const lost = repository.commit({ ...START, 'lost.yaml': 'lost' });
  const before = repository.commit(START, { parent: null });
  const now = repository.commit({ ...START, [first]: file('edited') });
  const base = baseOf(repository, before);
  const changes = sorted(repository.difference(before, now));
  const all = sorted(repository.difference(EMPTY_TREE, now));

  it('is found out once per process, and then read in two requests, or one round with a hint', async () => {
    const { server, open } = await serve(repository, servingCommitsOnly(repository.path));
    const traits = newTraits();
    const requestsOf = async (change: Partial<SourceQuery>) => {
      const reader = open({ traits });
      const source = await reader.since(query(change), signal);
      expect(sorted(asChanges(source))).toEqual(change.base === null ? all : changes);
      return reader.usage.requests;
    };
    // The refs, the refused filter, the whole commit, two refused trees, both commits.
    expect(await requestsOf({ base })).toBe(6);
    expect(traits).toEqual({ ...newTraits(), hasFilters: false, servesTrees: false });
    expect(await requestsOf({ base })).toBe(2);
    const hint = { revision: now as Revision, rootTree: repository.treeOf(now) as ObjectId };
    expect(await requestsOf({ base, hint })).toBe(2);
    expect(await requestsOf({ base: null })).toBe(2);
    const [, last] = server.requests.slice(-4);
    expect(last?.body).toMatch(/want .*want .*deepen 1/s);
    expect(last?.bytesOut).toBeLessThan(20_000);
  });

  it('is read wholly when the applied commit was pushed away', async () => {
    const { open } = await serve(repository, servingCommitsOnly(repository.path));
    const traits = newTraits();
    for (let reads = 0; reads < 2; reads += 1) {
      const source = await open({ traits }).since(query({ base: baseOf(repository, lost) }), signal);
      expect(source).toMatchObject({ revision: now, complete: true });
      expect(source.files).toHaveLength(Object.keys(START).length);
    }
  });

  it('has files at a commit that was not read before, paths, and what is below them', async () => {
    const { open } = await serve(repository, servingCommitsOnly(repository.path));
    const at = { revision: before as Revision, rootTree: repository.treeOf(before) as ObjectId };
    expect(await open().files(at, [first, 'nowhere'], signal)).toMatchObject([{ kind: 'file' }, { kind: 'absent' }]);
    const reader = open();
    await reader.since(query(), signal);
    const rootTree = repository.treeOf(now) as ObjectId;
    expect(await reader.readPaths({ rootTree, base: null }, [first], signal)).toMatchObject([{ kind: 'file' }]);
    const oid = repository.git('rev-parse', `${now}:clusters`) as ObjectId;
    expect(await reader.below([{ path: 'clusters', oid }], signal)).toHaveLength(Object.keys(START).length);
    expect(await open().isAncestor(before as Revision, now as Revision, signal)).toBe(true);
    expect(await open().isAncestor(now as Revision, before as Revision, signal)).toBe(false);
    const missing = open().since(query({ at: '1'.repeat(40) as Revision }), signal);
    await expect(missing).rejects.toMatchObject({ code: 'revision-missing' });
  });
});

describe('a server that speaks protocol version 0 only', () => {
  const repository = new BareRepository('fleet.git', { filter: true });
  const lost = repository.commit({ ...START, 'lost.yaml': 'lost' });
  const before = repository.commit(START, { parent: null });
  const now = repository.commit({ ...START, [first]: file('edited') });
  repository.git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'tag', '-a', '-m', 'x', 'v1', before);
  const base = baseOf(repository, before);
  const changes = sorted(repository.difference(before, now));
  const hint = { revision: now as Revision, rootTree: repository.treeOf(now) as ObjectId };

  it.each([
    // The refs in two object formats, the advertisement with the refs, both commits.
    ['is assumed to speak version 2', 'assumed', speakingVersion0, 4],
    ['is assumed to speak version 2, and answers no capability that it did not name', 'assumed', likeCodeCommit, 4],
    ['is known to be old', 'unknown', likeCodeCommit, 2],
  ] as const)('is found out once per process when it %s', async (_it, version, emulates, firstRun) => {
    const { server, open } = await serve(repository, emulates(repository.path));
    const traits = newTraits(version);
    const read = async (change: Partial<SourceQuery>) => {
      const reader = open({ traits });
      const source = await reader.since(query({ base, ...change }), signal);
      expect(sorted(asChanges(source))).toEqual(changes);
      return reader.usage.requests;
    };
    expect([await read({}), await read({}), await read({ hint })]).toEqual([firstRun, 2, 2]);
    const [advertised, fetched] = server.requests.slice(-4);
    expect([advertised?.path, fetched?.path]).toEqual([
      '/fleet.git/info/refs?service=git-upload-pack',
      '/fleet.git/git-upload-pack',
    ]);
    expect(fetched?.body).toMatch(
      /^.{4}want \w+ multi_ack_detailed side-band-64k.*\n.{4}want \w+\n000ddeepen 1\n00000009done\n$/,
    );
    expect(fetched?.bytesOut).toBeLessThan(20_000);
  });

  it.each([
    ['git', speakingVersion0, repository.difference(lost, now)],
    // The commit that was pushed away is not served, so everything is read.
    ['CodeCommit', likeCodeCommit, repository.difference(EMPTY_TREE, now)],
  ] as const)('has its branches, peeled tags, files and history as %s', async (_name, emulates, sinceLost) => {
    const { open } = await serve(repository, emulates(repository.path));
    const traits = newTraits('unknown');
    const tips = await open({ traits }).tips(['refs/heads/main', 'refs/tags/v1', 'refs/heads/mai'], signal);
    expect(Object.fromEntries(tips)).toEqual({ 'refs/heads/main': now, 'refs/tags/v1': before });
    const at = { revision: before as Revision, rootTree: repository.treeOf(before) as ObjectId };
    expect(await open({ traits }).files(at, [first, 'nowhere'], signal)).toMatchObject([
      { kind: 'file' },
      { kind: 'absent' },
    ]);
    expect(await open({ traits }).isAncestor(before as Revision, now as Revision, signal)).toBe(true);
    expect(await open({ traits }).isAncestor(now as Revision, before as Revision, signal)).toBe(false);
    const history = await open({ traits }).history({ tip: now as Revision, known: null, depth: null }, signal);
    expect(history.map(({ revision }) => revision)).toEqual([now, before]);
    const missing = open({ traits }).since(query({ at: '1'.repeat(40) as Revision }), signal);
    await expect(missing).rejects.toMatchObject({ code: 'revision-missing' });
    const absent = open({ traits }).since(query({ ref: 'refs/heads/nope' }), signal);
    await expect(absent).rejects.toMatchObject({ code: 'ref-missing' });
    const source = await open({ traits }).since(query({ base: baseOf(repository, lost) }), signal);
    expect(sorted(asChanges(source))).toEqual(sorted(sinceLost));
  });

  it('of SHA-256 repositories is read too', async () => {
    const other = new BareRepository('fleet.git', { format: 'sha256' });
    const was = other.commit(START);
    const is = other.commit({ ...START, [first]: file('edited') });
    const { open } = await serve(other, speakingVersion0());
    const source = await open().since(query({ base: baseOf(other, was) }), signal);
    expect(source.revision).toBe(is);
    expect(sorted(asChanges(source))).toEqual(sorted(other.difference(was, is)));
  });

  it('is not looked for where a server of version 2 has sent something else', async () => {
    const { server, open } = await serve(repository, {
      intercept(request, response) {
        if (request.method !== 'POST') return false;
        response.writeHead(200).end('hello world');
        return true;
      },
    });
    const traits = newTraits();
    for (let runs = 0; runs < 2; runs += 1)
      await expect(open({ traits }).since(query(), signal)).rejects.toMatchObject({ code: 'git-protocol' });
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'POST']);
  });
});

it('the Git reader does not remember for other runs that one answer was empty', async () => {
  const repository = new BareRepository();
  const revision = repository.commit(START);
  let empty = 1;
  const { server, open } = await serve(repository, {
    intercept(_request, response, body) {
      if (!body.includes('filter') || empty === 0) return false;
      empty -= 1;
      response.writeHead(200).end();
      return true;
    },
  });
  const traits = newTraits();
  const trees = async () => open({ traits }).trees(revision as Revision, ['clusters'], signal);
  await trees();
  expect(traits).toEqual(newTraits());
  await trees();
  const filters = server.requests.map(({ body }) => /filter (\S+)/.exec(body)?.[1]);
  expect(filters).toEqual(['tree:0', undefined, 'tree:0', 'tree:0']);
});

it('the Git reader recognizes by the error text of another server that a commit is missing', async () => {
  const repository = new BareRepository();
  repository.commit({ 'a.yaml': 'a' });
  const missing = '1'.repeat(40);
  const { open } = await serve(repository, {
    intercept(_request, response) {
      response.end(`${pktLine(`ERR want ${missing} not valid`)}0000`);
      return true;
    },
  });
  await expect(open().since(query({ at: missing as Revision }), signal)).rejects.toMatchObject({
    code: 'revision-missing',
  });
});

it('the Git reader reads the same changes as git in 60 random histories', async () => {
  const names = fc.constantFrom('a.yaml', 'b.yaml', 'x/a.yaml', 'x/b.yaml', 'x/y/a.yaml', 'z/y/a.yaml', 'z/c.yaml');
  const trees = fc.array(fc.dictionary(names, fc.constantFrom('1', '2', '3'), { minKeys: 1 }), {
    minLength: 2,
    maxLength: 3,
  });
  const repository = new BareRepository();
  const { open } = await serve(repository);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(trees, fc.constantFrom('', 'x', 'x/y', 'z'), async (history, path) => {
      run += 1;
      const branch = `b${run}`;
      const revisions = history.map((tree, index) =>
        repository.commit(tree, index === 0 ? { branch, parent: null } : { branch }),
      );
      const now = revisions.at(-1) ?? '';
      const before = revisions[0] ?? '';
      const source = await open().since(
        query({ ref: `refs/heads/${branch}`, path, base: baseOf(repository, before, path) }),
        signal,
      );
      const all = [...repository.difference(before, now)].filter(
        ([changed]) => path === '' || changed.startsWith(`${path}/`),
      );
      expect(sorted(asChanges(source))).toEqual(sorted(new Map(all)));
    }),
    { numRuns: 60, seed: 20_261 },
  );
}, 120_000);

describe('the cost of reading, counted by the server', () => {
  it('is four POSTs in one round and less than 10 KB for one change among 10,000 files', async () => {
    const repository = new BareRepository();
    const tree: Record<string, string> = {};
    for (let n = 0; n < 10_000; n += 1) tree[`clusters/prod/${n % 50}/${n % 20}/${n}.yaml`] = file(String(n));
    const before = repository.commit(tree);
    const now = repository.commit({ ...tree, 'clusters/prod/7/7/7.yaml': file('edited') });
    // The server responds only when four requests have arrived: a reader that needed a second round would hang.
    const waiting: (() => void)[] = [];
    const intercept = () =>
      new Promise<boolean>((resolve) => {
        waiting.push(() => resolve(false));
        if (waiting.length === 4) for (const respond of waiting) respond();
      });
    const { open, server } = await serve(repository, { intercept });
    const reader = open();
    const hint = { revision: now as Revision, rootTree: repository.treeOf(now) as ObjectId };
    const source = await reader.since(
      query({ path: 'clusters/prod', base: baseOf(repository, before, 'clusters/prod'), hint }),
      signal,
    );
    expect([...asChanges(source).keys()]).toEqual(['clusters/prod/7/7/7.yaml']);
    expect(server.requests.map(({ command }) => command).toSorted()).toEqual(['fetch', 'fetch', 'fetch', 'ls-refs']);
    const bytes = server.requests.reduce((sum, { bytesOut }) => sum + bytesOut, 0);
    expect(bytes).toBeLessThan(10_000);
    expect(reader.usage).toEqual({ requests: 4, bytes });
  }, 60_000);

  it('is that of the refs alone when only the tip moved', async () => {
    const repository = new BareRepository();
    const revision = repository.commit(START);
    const { open, server } = await serve(repository);
    const source = await open().since(query({ base: baseOf(repository, revision) }), signal);
    expect(source.files).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });
});

describe('the Git reader', () => {
  const repository = new BareRepository();
  const before = repository.commit({ ...START, 'other/a.yaml': 'a' });
  const now = repository.commit({
    ...START,
    [first]: file('edited'),
    'other/a.yaml': 'b',
    'link.yaml': { mode: '120000', content: '/etc/passwd' },
    module: { mode: '160000', content: before },
  });

  it('reads only files below the target path, and dirty files even if they did not change', async () => {
    const { open } = await serve(repository);
    const also = ['clusters/prod/1/1/1.yaml', 'clusters/prod/gone.yaml'];
    const source = await open().since(
      query({ path: 'clusters', base: baseOf(repository, before, 'clusters'), also }),
      signal,
    );
    expect(source.files.map(({ path, kind }) => [path, kind])).toEqual([
      [first, 'file'],
      ['clusters/prod/1/1/1.yaml', 'file'],
      ['clusters/prod/gone.yaml', 'absent'],
    ]);
  });

  it('reports links and submodules, and does not follow them', async () => {
    const { open } = await serve(repository);
    const source = await open().since(query({ base: baseOf(repository, before) }), signal);
    expect(source.files.filter(({ kind }) => kind !== 'file').map(({ path, kind }) => [path, kind])).toEqual([
      ['link.yaml', 'symlink'],
      ['module', 'submodule'],
    ]);
  });

  it('reports the link or submodule that is in the way of the path, at the path or above it', async () => {
    const { open } = await serve(repository);
    const base = baseOf(repository, before, 'other');
    for (const path of ['module', 'module/apps/prod', 'link.yaml']) {
      const expected = path === 'link.yaml' ? { path, kind: 'symlink' } : { path: 'module', kind: 'submodule' };
      const whole = await open().since(query({ path }), signal);
      expect(whole).toMatchObject({ tree: null, files: [expected] });
      const changed = await open().since(query({ path, base }), signal);
      expect(changed.files.filter(({ kind }) => kind !== 'absent')).toEqual([expected]);
    }
  });

  it('distinguishes a missing path from an empty one', async () => {
    const { open } = await serve(repository);
    expect(await open().since(query({ path: 'nowhere' }), signal)).toMatchObject({
      tree: null,
      complete: true,
      files: [],
    });
    expect((await open().since(query({ path: first }), signal)).tree).toBeNull();
  });

  it('returns the ids of trees and inputs at a commit', async () => {
    const { open } = await serve(repository);
    const trees = await open().trees(now as Revision, ['clusters', 'other', 'nowhere'], signal);
    expect(Object.fromEntries(trees)).toEqual({
      clusters: repository.git('rev-parse', `${now}:clusters`),
      other: repository.git('rev-parse', `${now}:other`),
      nowhere: null,
    });
    const source = await open().since(
      query({ path: 'clusters', inputs: ['other', 'nowhere'], base: baseOf(repository, before, 'clusters') }),
      signal,
    );
    expect(source.inputs).toEqual({ other: repository.git('rev-parse', `${now}:other`), nowhere: null });
  });

  it('decides whether a commit is an ancestor of another', async () => {
    const { open } = await serve(repository);
    const unrelated = repository.commit({ 'a.yaml': 'x' }, { branch: 'unrelated', parent: null });
    expect(await open().isAncestor(before as Revision, now as Revision, signal)).toBe(true);
    expect(await open().isAncestor(now as Revision, before as Revision, signal)).toBe(false);
    expect(await open().isAncestor(unrelated as Revision, now as Revision, signal)).toBe(false);
  });

  it('reads all files again when the server no longer has the applied tree', async () => {
    const { open } = await serve(repository);
    const lost = {
      revision: '1'.repeat(40) as Revision,
      rootTree: '2'.repeat(40) as ObjectId,
      tree: '3'.repeat(40) as ObjectId,
    };
    const source = await open().since(
      query({ base: lost, hint: { revision: now as Revision, rootTree: repository.treeOf(now) as ObjectId } }),
      signal,
    );
    expect(source.complete).toBe(true);
    expect(source.files.length).toBe(Object.keys(START).length + 3);
  });
});

it('the Git reader reads repositories with SHA-256 object ids', async () => {
  const repository = new BareRepository('fleet.git', { format: 'sha256' });
  const before = repository.commit(START);
  const now = repository.commit({ ...START, [first]: file('edited') });
  const { open } = await serve(repository);
  const reader = open();
  const source = await reader.since(query({ base: baseOf(repository, before) }), signal);
  expect(sorted(asChanges(source))).toEqual(sorted(repository.difference(before, now)));
  const { requests } = reader.usage;
  expect(await reader.tips(['refs/heads/main'], signal)).toEqual(new Map([['refs/heads/main', now]]));
  // The format is found out once.
  expect(reader.usage.requests).toBe(requests + 1);
});

describe('a hostile tree', () => {
  it('with two entries of one name has neither of them', () => {
    const entry = Buffer.concat([Buffer.from('100644 a.yaml\0'), Buffer.alloc(20, 1)]);
    const other = Buffer.concat([Buffer.from('100644 b.yaml\0'), Buffer.alloc(20, 1)]);
    const entries = readTree(Buffer.concat([entry, entry, other]), { id: '0'.repeat(40), subject: 'x' });
    expect(entries.map(({ hazard }) => hazard)).toEqual([
      'a name used twice in its directory',
      'a name used twice in its directory',
      null,
    ]);
  });

  it('is served by git, and each of its names is refused', async () => {
    const repository = new BareRepository();
    const blob = repository.git('hash-object', '-w', '--stdin', '--path', 'x');
    const names = ['..', '.git', '.GIT', 'ok.yaml', 'rtl\u202egpj.yaml'];
    const tree = Buffer.concat(
      names.map((name) => Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, 'hex')])),
    );
    const { execFileSync } = await import('node:child_process');
    const id = execFileSync(
      'git',
      ['-C', repository.path, 'hash-object', '-t', 'tree', '-w', '--stdin', '--literally'],
      { input: tree, encoding: 'utf8' },
    ).trim();
    repository.git(
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@example.com',
      'update-ref',
      'refs/heads/main',
      repository.git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit-tree', '-m', 'x', id),
    );
    const { open } = await serve(repository);
    const source = await open().since(query(), signal);
    expect(Object.fromEntries(source.files.map(({ path, kind }) => [path, kind]))).toEqual({
      '..': 'refused',
      '.GIT': 'refused',
      '.git': 'refused',
      'ok.yaml': 'file',
      'rtl\u202egpj.yaml': 'refused',
    });
  });
});

describe('a repository that is made to be expensive', () => {
  /** A commit of this tree, written by its id. */
  function commitTree(repository: BareRepository, tree: string): void {
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    const commit = repository.git(...identity, 'commit-tree', '-m', 'x', tree);
    repository.git('update-ref', 'refs/heads/main', commit);
  }

  it('is refused when a few trees contain each other ten times, nine levels deep', async () => {
    const repository = new BareRepository();
    const { execFileSync } = await import('node:child_process');
    const makeTree = (mode: string, id: string) =>
      execFileSync('git', ['-C', repository.path, 'mktree'], {
        input: Array.from({ length: 10 }, (_, n) => `${mode} ${id}\t${n}\n`).join(''),
        encoding: 'utf8',
      }).trim();
    let tree = makeTree('100644 blob', repository.git('hash-object', '-w', '-t', 'blob', '/dev/null'));
    for (let level = 1; level < 9; level += 1) tree = makeTree('040000 tree', tree);
    commitTree(repository, tree);
    const { open } = await serve(repository);
    await expect(open().since(query(), signal)).rejects.toMatchObject({
      code: 'git-limit',
      message: 'more than 250000 paths differ',
    });
  });

  it('is read without the large files beside the path of the target', async () => {
    const repository = new BareRepository();
    const before = repository.commit({ 'apps/a.yaml': file('a') });
    const large = 'x'.repeat(3 * 2 ** 20);
    const now = repository.commit({ 'apps/a.yaml': file('b'), 'media/large.bin': large, 'apps/large.bin': large });
    const { open } = await serve(repository);
    const limits = { ...GIT_LIMITS, eagerBytes: 2 ** 20, inflatedBytes: 2 * 2 ** 20 };
    const isRead = (path: string) => path.endsWith('.yaml');
    const ofApps = { path: 'apps', isRead };
    const changed = await open({ limits }).since(
      query({ ...ofApps, base: baseOf(repository, before, 'apps') }),
      signal,
    );
    expect(changed).toMatchObject({ revision: now, files: [{ path: 'apps/a.yaml', kind: 'file' }] });
    const whole = await open({ limits }).since(query(ofApps), signal);
    expect(whole).toMatchObject({ revision: now, files: [{ path: 'apps/a.yaml', kind: 'file' }] });
  });
});

describe('a failing server', () => {
  const repository = new BareRepository();
  repository.commit(START);
  const code = async (work: Promise<unknown>) =>
    work.then(
      () => 'no error',
      (thrown: unknown) => (thrown instanceof DeployError ? thrown.code : thrown),
    );

  it.each([
    ['is overloaded', 503, 'git-unreachable'],
    ['throttles', 429, 'git-unreachable'],
    ['rejects the credentials', 401, 'git-unauthorized'],
    ['hides the repository', 404, 'git-unauthorized'],
    ['redirects', 302, 'git-unauthorized'],
  ])('causes an error of its kind when it %s', async (_name, status, expected) => {
    const { open } = await serve(repository, {
      intercept: (_request, response) => {
        response.writeHead(status, { location: 'http://127.0.0.1:1/', 'retry-after': '7' }).end();
        return true;
      },
    });
    expect(await code(open({ login: { user: 'ada', token: 'hunter2' } }).since(query(), signal))).toBe(expected);
  });

  it.each([
    ['an empty answer', ''],
    ['no pkt-lines', 'hello world'],
    ['an answer that is cut off', '0032want'],
    ['no refs and no end', '003e'],
  ])('is never mistaken for an empty repository when it sends %s', async (_name, body) => {
    const { open } = await serve(repository, {
      intercept: (_request, response) => {
        response.writeHead(200).end(body);
        return true;
      },
    });
    expect(await code(open().since(query(), signal))).toBe('git-protocol');
  });

  it('causes an error when it stops sending, and when the run is interrupted', async () => {
    const { open } = await serve(repository, { intercept: () => true });
    expect(await code(open({ limits: { ...GIT_LIMITS, silenceMs: 50 } }).since(query(), signal))).toBe(
      'git-unreachable',
    );
    expect(await code(open().since(query(), AbortSignal.timeout(50)))).toBe('interrupted');
  });

  it('gets a request again when it had closed the kept connection, and only once', async () => {
    let requests = 0;
    let resets = 1;
    const { open } = await serve(repository, {
      intercept: (request) => {
        requests += 1;
        if (requests === 1 || resets === 0) return false;
        resets -= 1;
        request.socket.resetAndDestroy();
        return true;
      },
    });
    expect(await code(open().since(query(), signal))).toBe('no error');
    resets = 2;
    expect(await code(open().since(query(), signal))).toBe('git-unreachable');
  });

  it('receives the token, which no error shows', async () => {
    const seen: string[] = [];
    const { open } = await serve(repository, {
      intercept: (request, response) => {
        seen.push(String(request.headers.authorization));
        response.writeHead(401).end();
        return true;
      },
    });
    const thrown: unknown = await open({ login: { user: 'ada', token: 'hunter2' } })
      .since(query(), signal)
      .catch((error: unknown) => error);
    expect(Buffer.from(seen[0]?.slice('Basic '.length) ?? '', 'base64').toString()).toBe('ada:hunter2');
    expect(JSON.stringify(thrown) + String(thrown) + (thrown as Error).stack).not.toContain('hunter2');
  });

  it('that echoes the request shows no token in an error', async () => {
    const { open } = await serve(repository, {
      intercept: (request, response) => {
        const authorization = String(request.headers.authorization);
        const decoded = Buffer.from(authorization.slice('Basic '.length), 'base64').toString();
        response.writeHead(200).end(`${pktLine(`ERR denied: ${authorization} is ${decoded}`)}0000`);
        return true;
      },
    });
    const thrown: unknown = await open({ login: { user: 'ada', token: 'hunter2' } })
      .since(query(), signal)
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ message: 'the server responded: denied: Basic *** is ada:***' });
    expect((thrown as Error).stack).not.toContain('hunter2');
  });

  it('is not confused with a missing branch or commit', async () => {
    const { open } = await serve(repository);
    expect(await code(open().since(query({ ref: 'refs/heads/nope' }), signal))).toBe('ref-missing');
    expect(await code(open().since(query({ at: '1'.repeat(40) as Revision }), signal))).toBe('revision-missing');
  });
});
