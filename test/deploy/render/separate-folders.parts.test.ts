import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { afterAll, describe, expect, it } from 'vitest';
import { READ_AT_ONCE } from '../../../src/parsing/functions.ts';
import { separateFolders } from '../../../src/deploy/render/separate-folders.ts';
import { pathFilterOf } from '../../../src/desired/plain/path-filter.ts';
import { GIT_LIMITS } from '../../../src/git/wire/limits.ts';
import { openRepository } from '../../../src/git/reader.ts';
import type { ObjectId, Revision } from '../../../src/snapshot/source.ts';
import { configOf, withTarget } from '../../config/builders.ts';
import { BareRepository, removeRepositories } from '../../git/repository.ts';
import type { Tree } from '../../git/repository.ts';
import { startGitServer } from '../../rig/git-host/http-backend.ts';

const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
const signal = new AbortController().signal;
const closers: (() => Promise<void>)[] = [];

afterAll(async () => {
  agents.http.destroy();
  await Promise.all(closers.map((close) => close()));
  removeRepositories();
});

const MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n';

/** What a push from one tree to the next finds, and the requests that finding it took. A null base: the first push. */
async function pushed({
  before,
  now,
  settings = 'path: apps',
}: {
  before: Tree | null;
  now: Tree;
  settings?: string;
}): Promise<{ refused: readonly string[]; read: readonly string[]; requests: number }> {
  const repository = new BareRepository();
  const base = before === null ? null : repository.commit(before);
  repository.commit(now);
  const server = await startGitServer({ root: repository.root });
  closers.push(() => server.close());
  const git = openRepository({
    url: `${server.url}/fleet.git`,
    login: null,
    ca: null,
    userAgent: 'headgate-test',
    agents,
    limits: GIT_LIMITS,
  });
  const [target] = configOf(withTarget(settings)).targets;
  if (target === undefined) throw new Error('no target');
  const source = await git.since(
    {
      ref: 'refs/heads/main',
      at: null,
      path: target.path,
      inputs: [],
      recorded: {},
      base:
        base === null
          ? null
          : {
              revision: base as Revision,
              rootTree: repository.treeOf(base) as ObjectId,
              tree: repository.git('rev-parse', `${base}:${target.path}`) as ObjectId,
            },
      hint: null,
      also: [],
      isRead: pathFilterOf(target),
    },
    signal,
  );
  const requestsBefore = server.requests.length;
  const { files, problems } = await separateFolders(
    source,
    {},
    { target, git, readers: READ_AT_ONCE, tools: {} },
    signal,
  );
  return {
    refused: problems.map(({ subject }) => subject).toSorted(),
    read: files.map(({ path }) => path).toSorted(),
    requests: server.requests.length - requestsBefore,
  };
}

const KUSTOMIZED = { 'apps/a/kustomization.yaml': 'resources: [c.yaml]\n', 'apps/a/c.yaml': MAP, 'apps/b.yaml': MAP };

describe('the folders of a push', () => {
  it('are all known without a request when everything is read', async () => {
    const now = {
      ...KUSTOMIZED,
      'apps/x/y/Chart.yaml': 'name: y\n',
      'apps/x/y/templates/t.yaml': '{{ }}',
      'apps/x/z.yaml': MAP,
    };
    expect(await pushed({ before: null, now })).toEqual({
      refused: ['apps/a/kustomization.yaml', 'apps/x/y/Chart.yaml'],
      read: ['apps/b.yaml', 'apps/x/z.yaml'],
      requests: 0,
    });
  });

  it('are kustomizations when only the kustomization file changes, whatever its name', async () => {
    for (const name of ['kustomization.yaml', 'kustomization.yml', 'Kustomization']) {
      const before = { 'apps/a/c.yaml': MAP };
      const now = { ...before, [`apps/a/${name}`]: 'resources: [c.yaml]\n' };
      expect(await pushed({ before, now })).toEqual({ refused: [`apps/a/${name}`], read: [], requests: 0 });
    }
  });

  it('are kustomizations when a file changes below an unchanged kustomization file, for one request', async () => {
    const before = { ...KUSTOMIZED, 'apps/a/deep/d.yaml': MAP };
    const now = { ...before, 'apps/a/deep/d.yaml': `${MAP}data: {}\n` };
    expect(await pushed({ before, now })).toEqual({ refused: ['apps/a/kustomization.yaml'], read: [], requests: 1 });
  });

  it('are charts when a template changes below an unchanged Chart.yaml, without a request', async () => {
    const before = {
      'apps/x/Chart.yaml': 'name: x\n',
      'apps/x/templates/t.yaml': '{{ }}',
      'apps/x/charts/s/Chart.yaml': 'name: s\n',
    };
    const now = { ...before, 'apps/x/templates/t.yaml': '{{ 1 }}', 'apps/x/charts/s/Chart.yaml': 'name: t\n' };
    expect(await pushed({ before, now })).toEqual({ refused: ['apps/x/Chart.yaml'], read: [], requests: 0 });
  });

  it('are kustomizations when a file in one is deleted, and no longer when the kustomization file is', async () => {
    const { 'apps/a/c.yaml': _c, ...without } = KUSTOMIZED;
    expect(await pushed({ before: KUSTOMIZED, now: without })).toMatchObject({
      refused: ['apps/a/kustomization.yaml'],
    });
    const { 'apps/a/kustomization.yaml': _kustomization, ...plain } = KUSTOMIZED;
    expect(await pushed({ before: KUSTOMIZED, now: plain })).toEqual({
      refused: [],
      read: ['apps/a/kustomization.yaml'],
      requests: 0,
    });
    expect(await pushed({ before: KUSTOMIZED, now: { 'apps/b.yaml': MAP } })).toMatchObject({
      refused: [],
      requests: 0,
    });
  });

  it('that the push does not touch are not read', async () => {
    const now = { ...KUSTOMIZED, 'apps/b.yaml': `${MAP}data: {}\n` };
    expect(await pushed({ before: KUSTOMIZED, now })).toEqual({ refused: [], read: ['apps/b.yaml'], requests: 0 });
  });

  it.each([
    ['the folder', 'a/**', ['apps/b.yaml']],
    ['only its kustomization file', 'a/kustomization.yaml', ['apps/a/c.yaml', 'apps/b.yaml']],
    ['every kustomization file', '"**/kustomization.yaml"', ['apps/a/c.yaml', 'apps/b.yaml']],
  ])('are plain where the target excludes %s', async (_what, glob, read) => {
    const settings = `path: apps\n    exclude: [${glob}]`;
    expect(await pushed({ before: null, now: KUSTOMIZED, settings })).toEqual({ refused: [], read, requests: 0 });
  });

  it('are plain where the file of that name is an object of the cluster, such as a Kustomization of Flux', async () => {
    const flux = 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: shop }\n';
    const before = { 'apps/a/kustomization.yaml': flux, 'apps/a/c.yaml': MAP };
    expect(await pushed({ before: null, now: before })).toMatchObject({ refused: [], requests: 0 });
    const now = { ...before, 'apps/a/c.yaml': `${MAP}data: {}\n` };
    expect(await pushed({ before, now })).toEqual({ refused: [], read: ['apps/a/c.yaml'], requests: 1 });
  });
});
