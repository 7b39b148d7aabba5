import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { READ_AT_ONCE } from '../../../src/parsing/functions.ts';
import { asDeployError } from '../../../src/error/deploy-error.ts';
import { settingsHash } from '../../../src/config/derived/settings-hash.ts';
import { renderChart } from '../../../src/deploy/render/render-chart.ts';
import type { Built } from '../../../src/deploy/render/whole-render.ts';
import { readDependencies } from '../../../src/desired/helm/dependencies.ts';
import { lockDigest } from '../../../src/desired/helm/lock-digest.ts';
import { NOTHING_RECORDED } from '../../../src/state/target-state.ts';
import type { JsonObject } from '../../../src/resource/resource.ts';
import { openTools } from '../../../src/sandbox/tools.ts';
import { archiveOf, chartArchive, startChartServer } from '../../rig/charts/chart-server.ts';
import type { ChartServer } from '../../rig/charts/chart-server.ts';
import { getTools } from '../../rig/programs/tools.ts';
import { configOf, withTarget } from '../../config/builders.ts';
import { serveFiles } from './serve-files.ts';

const run = promisify(execFile);
const signal = new AbortController().signal;
let helm = '';
let charts: ChartServer;
let scratch = '';

beforeAll(async () => {
  ({ helm } = await getTools());
  charts = await startChartServer();
  scratch = await mkdtemp(join(tmpdir(), 'headgate-dependencies-'));
});
afterAll(async () => {
  await charts.close();
  await rm(scratch, { recursive: true });
});

const map = (name: string, value = '1') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: "${name}" }\ndata: { value: "${value}" }\n`;
const meta = (name: string, version = '1.0.0') => `apiVersion: v2\nname: ${name}\nversion: ${version}\n`;
const chartOf = (name: string, value = '1') =>
  chartArchive(name, { 'Chart.yaml': meta(name), 'templates/a.yaml': map(`{{ .Chart.Name }}`, value) });

/** The files of a chart at apps/web with these dependencies, locked at 1.0.0. */
function withDependencies(dependencies: readonly JsonObject[]): Record<string, string> {
  const lock = dependencies.map(({ name = '', repository = '' }) => ({ name, repository, version: '1.0.0' }));
  return {
    'apps/web/Chart.yaml': `${meta('web')}dependencies: ${JSON.stringify(dependencies)}\n`,
    'apps/web/Chart.lock': JSON.stringify({ dependencies: lock, digest: lockDigest(dependencies, lock) }),
    'apps/web/values.yaml': 'tools: { enabled: false }\n',
    'apps/web/templates/a.yaml': map('own'),
  };
}

/** Its own cache of charts, and the programs of the machine. */
async function newTools() {
  const cache = await mkdtemp(join(scratch, 'cache-'));
  await symlink(dirname(helm), join(cache, basename(dirname(helm))));
  return openTools({ ...process.env, HEADGATE_CACHE: cache });
}

async function rendered(
  files: Readonly<Record<string, string>>,
  { allowed = ['127.0.0.1'] as readonly string[], recorded = null as string | null } = {},
): Promise<Built> {
  const served = await serveFiles(files);
  try {
    const [target] = configOf(
      withTarget(`path: apps/web\n    helm: { dependencies: ${JSON.stringify(allowed)} }`),
    ).targets;
    if (target === undefined) throw new Error('no target');
    const cluster = { capabilities: () => Promise.resolve({ version: 'v1.37.2', apiVersions: [] }) };
    const dataKeys = { open: () => Promise.reject(new Error('nothing here is encrypted')) };
    const world = { target, git: served.open(), tools: await newTools(), readers: READ_AT_ONCE, dataKeys, cluster };
    const renderer = { kind: 'helm', version: 'v4', chartDigest: recorded } as const;
    const applied = { ...NOTHING_RECORDED.applied, renderer, settings: settingsHash(target) };
    return await renderChart({ tree: { rootTree: served.rootTree, base: null }, applied, world }, signal);
  } finally {
    await served.close();
  }
}

const namesOf = ({ desired }: Built) => desired.manifests.map(({ name }) => name).toSorted();

describe('Chart.lock', () => {
  it('has the digest that the real Helm writes, with ranges, aliases, conditions, tags and imported values', async () => {
    const folder = join(scratch, 'oracle');
    const dependencies = [
      { name: 'a', version: '>=1.0.0 <2.0.0 || ~1', repository: 'file://../a', condition: 'a.on,a&b', alias: 'first' },
      { name: 'a', version: '^1.0.0', repository: 'file://../a', alias: 'second', tags: ['x', 'y'] },
      { name: 'b', version: '1.x', repository: 'file://../b', 'import-values': ['data', { parent: 'p', child: 'c' }] },
    ];
    for (const name of ['a', 'b']) {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, 'Chart.yaml'), meta(name));
    }
    await mkdir(join(folder, 'web'));
    const written = `${meta('web')}dependencies: ${JSON.stringify(dependencies)}\n`;
    await writeFile(join(folder, 'web', 'Chart.yaml'), written);
    await run(helm, ['dependency', 'update', join(folder, 'web')], { env: { HOME: folder, PATH: '/nonexistent' } });
    const files = { chart: Buffer.from(written), lock: await readFile(join(folder, 'web', 'Chart.lock')) };
    expect(readDependencies(files, [], 'web')).toEqual({
      needed: [
        { kind: 'file', name: 'a', path: '../a' },
        { kind: 'file', name: 'b', path: '../b' },
      ],
      problems: [],
    });
  });
});

describe('a chart with dependencies', () => {
  const three = () => [
    { name: 'redis', version: '^1.0.0', repository: charts.url, alias: 'cache' },
    { name: 'redis', version: '^1.0.0', repository: charts.url, alias: 'queue' },
    { name: 'db', version: '1.0.0', repository: charts.registry },
    { name: 'tools', version: '1.0.0', repository: 'file://../../lib/tools', condition: 'tools.enabled' },
    { name: 'lib', version: '1.0.0', repository: 'file://../../lib/common' },
  ];
  const LIB = {
    'lib/tools/Chart.yaml': meta('tools'),
    'lib/tools/templates/a.yaml': map('tools'),
    'lib/common/Chart.yaml': meta('lib'),
    'lib/common/templates/a.yaml': map('lib'),
  };

  it('is rendered with those of a repository, a registry and the repository itself, with aliases and conditions', async () => {
    charts.publish('redis', '1.0.0', chartOf('redis'));
    charts.publish('db', '1.0.0', chartOf('db'));
    const built = await rendered({ ...withDependencies(three()), ...LIB });
    expect(built.desired.problems).toEqual([]);
    expect(namesOf(built)).toEqual(['cache', 'db', 'lib', 'own', 'queue']);
    expect(Object.keys(built.inputs)).toEqual(['apps/web', 'lib/tools', 'lib/common']);
    expect(built.digest).toMatch(/^[0-9a-f]{32}:[0-9a-f]{32}$/);
  });

  it('is refused when a locked version has other content than the one that was applied', async () => {
    charts.publish('redis', '1.0.0', chartOf('redis', 'one'));
    charts.publish('db', '1.0.0', chartOf('db'));
    const files = { ...withDependencies(three()), ...LIB };
    const { digest: recorded } = await rendered(files);
    expect((await rendered(files, { recorded })).digest).toBe(recorded);
    charts.publish('redis', '1.0.0', chartOf('redis', 'two'));
    const changed = await rendered(files, { recorded }).catch((thrown: unknown) => asDeployError(thrown).problem);
    expect(changed).toMatchObject({
      code: 'render-refused',
      subject: 'apps/web/Chart.yaml',
      message: 'the content of a dependency has changed since it was applied, under the same version',
    });
    const locked = withDependencies(three().map((each) => ({ ...each, version: '1.0.0' })));
    expect(
      (await rendered({ ...files, ...locked }, { recorded: `other:${(recorded ?? '').split(':')[1] ?? ''}` })).desired
        .problems,
    ).toEqual([]);
  });

  it('is refused without a lock, and when a host is not allowed, without a request to it', async () => {
    const { 'apps/web/Chart.lock': _, ...unlocked } = withDependencies(three());
    expect((await rendered({ ...unlocked, ...LIB })).desired.problems).toMatchObject([
      {
        subject: 'apps/web/Chart.yaml',
        remedy: 'Run helm dependency update apps/web, and commit Chart.lock.',
      },
    ]);
    const before = charts.requests.length;
    const { desired } = await rendered({ ...withDependencies(three()), ...LIB }, { allowed: ['ghcr.io'] });
    expect(desired.problems.map(({ message }) => message)).toEqual([
      'dependency redis comes from 127.0.0.1, which target shop-prod does not allow',
      'dependency db comes from 127.0.0.1, which target shop-prod does not allow',
    ]);
    expect(charts.requests.length).toBe(before);
  });

  it.each([
    ['leaves the repository', '../../../etc', {}],
    ['is not a directory', '../../lib/none', {}],
    [
      'has dependencies itself',
      '../../lib/deep',
      {
        'lib/deep/Chart.yaml': `${meta('deep')}dependencies: [{ name: x, version: 1.0.0, repository: "https://charts.example.com" }]\n`,
      },
    ],
  ])('is refused when one in the repository %s', async (message, path, files) => {
    const dependencies = [{ name: 'deep', version: '1.0.0', repository: `file://${path}` }];
    const { desired } = await rendered({ ...withDependencies(dependencies), ...files });
    expect(desired.problems).toMatchObject([{ code: 'render-refused', message: expect.stringContaining(message) }]);
  });
});

describe('a hostile archive of a dependency', () => {
  const file = { path: 'evil/Chart.yaml', bytes: Buffer.from(meta('evil')) };
  const refusal = async (archive: Uint8Array) => {
    charts.publish('evil', '1.0.0', archive);
    const dependencies = [{ name: 'evil', version: '1.0.0', repository: charts.url }];
    const ended = await rendered(withDependencies(dependencies)).catch(
      (thrown: unknown) => asDeployError(thrown).problem,
    );
    return 'desired' in ended ? ended.desired.problems : [ended];
  };

  it.each([
    ['with a path that leaves it', [file, { path: 'evil/../../../evil.txt', bytes: Buffer.from('x') }]],
    ['with an absolute path', [file, { path: '/tmp/evil.txt', bytes: Buffer.from('x') }]],
    ['with a symbolic link', [file, { path: 'evil/templates/passwd.yaml', link: '/etc/passwd' }]],
    ['that inflates to more than 64 MB', [file, { path: 'evil/big.txt', bytes: Buffer.alloc(100_000_000) }]],
  ])('%s is refused', async (_what, entries) => {
    expect(await refusal(archiveOf(entries))).toMatchObject([
      {
        code: 'render-refused',
        subject: 'apps/web/charts/evil-1.0.0.tgz',
        message: expect.stringContaining('is not a chart archive'),
      },
    ]);
  });

  it('of 100 MB is refused without reading it into memory', async () => {
    const archive = archiveOf([file, { path: 'evil/noise', bytes: randomBytes(100_000_000) }]);
    const before = process.memoryUsage().rss;
    expect(await refusal(archive)).toMatchObject([
      { code: 'render-limit', message: expect.stringContaining('more than the limit of 20971520') },
    ]);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('that is not an archive is refused', async () => {
    const [problem] = await refusal(Buffer.from('not an archive'));
    expect(problem?.code).toMatch(/^(render-refused|chart-unreachable)$/);
  });
});
