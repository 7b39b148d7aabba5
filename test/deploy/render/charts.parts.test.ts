import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { READ_AT_ONCE } from '../../../src/parsing/functions.ts';
import { renderChart } from '../../../src/deploy/render/render-chart.ts';
import type { Built } from '../../../src/deploy/render/whole-render.ts';
import { NOTHING_RECORDED } from '../../../src/state/target-state.ts';
import { canonicalJson } from '../../../src/resource/json.ts';
import { readManifests } from '../../../src/resource/manifests.ts';
import { isObject, metadataMap } from '../../../src/resource/resource.ts';
import type { JsonObject, Manifest } from '../../../src/resource/resource.ts';
import { readTemplated } from '../../../src/desired/helm/chart.ts';
import { refuseForeignSchemas } from '../../../src/desired/helm/schema.ts';
import { openTools } from '../../../src/sandbox/tools.ts';
import { getTools } from '../../rig/programs/tools.ts';
import { configOf, withTarget } from '../../config/builders.ts';
import { CHARTS, filesOf } from './charts.ts';
import type { ChartCase } from './charts.ts';
import { serveFiles } from './serve-files.ts';

const run = promisify(execFile);
const signal = new AbortController().signal;
const tools = openTools(process.env);
const CAPABILITIES = { version: 'v1.37.2', apiVersions: ['x.io/v1', 'x.io/v1/Bee'] };
let helm = '';
let served: Awaited<ReturnType<typeof serveFiles>>;
let scratch = '';

/** A chart whose values are not below it. */
const ELSEWHERE = {
  'corpus/shared.yaml': 'a: shared\nb: shared\n',
  'corpus/values-elsewhere/map.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: values }\ndata:\n  web.yaml: |\n    b: from-map\n',
  'corpus/values-elsewhere/chart/Chart.yaml': 'apiVersion: v2\nname: main\nversion: 1.0.0\n',
  'corpus/values-elsewhere/chart/templates/a.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { value: "{{ .Values.a }} {{ .Values.b }}" }\n',
};

const at = (name: string) => `corpus/${name}`;

beforeAll(async () => {
  ({ helm } = await getTools());
  scratch = await mkdtemp(join(tmpdir(), 'headgate-charts-'));
  const all = Object.entries(CHARTS).flatMap(([name, each]) =>
    Object.entries(filesOf(each)).map(([path, content]) => [`${at(name)}/${path}`, content] as const),
  );
  served = await serveFiles({ ...Object.fromEntries(all), ...ELSEWHERE });
});

afterAll(async () => {
  await served.close();
  await rm(scratch, { recursive: true, force: true });
});

/** The output of `helm template`, without hooks that are never installed; null when it fails. */
async function templated(root: string, { values = [], args = [] }: ChartCase): Promise<readonly string[] | null> {
  const command = [
    'template',
    'rel',
    join(root, 'chart'),
    '--namespace=shop',
    '--include-crds',
    `--kube-version=${CAPABILITIES.version}`,
    ...CAPABILITIES.apiVersions.map((version) => `--api-versions=${version}`),
    ...values.map((path) => `--values=${join(root, path)}`),
    ...args,
  ];
  try {
    const { stdout } = await run(helm, command, { env: { HOME: scratch, PATH: '/nonexistent' } });
    const { manifests } = readManifests({ path: 'output', bytes: Buffer.from(stdout) });
    const installed = manifests.filter(({ object }) => {
      const hook = metadataMap(object, 'annotations')['helm.sh/hook'];
      return hook === undefined || /(pre|post)-(install|upgrade)/.test(hook);
    });
    return objectsOf(installed);
  } catch {
    return null;
  }
}

const objectsOf = (manifests: readonly Manifest[]) => manifests.map(({ object }) => canonicalJson(object)).toSorted();

/** Removes the annotations that Headgate adds to order hooks. */
function withoutOrder({ metadata, ...rest }: JsonObject): JsonObject {
  const { annotations, ...others } = isObject(metadata) ? metadata : {};
  const left = Object.entries(isObject(annotations) ? annotations : {}).filter(
    ([key]) => !key.startsWith('headgate.dev/'),
  );
  return { ...rest, metadata: left.length === 0 ? others : { ...others, annotations: Object.fromEntries(left) } };
}

async function rendered(name: string, { values = [], set = {} }: ChartCase): Promise<Built> {
  const settings = JSON.stringify({ chart: `${at(name)}/chart`, releaseName: 'rel', values, set });
  const [target] = configOf(withTarget(`path: ${at(name)}\n    helm: ${settings}`)).targets;
  if (target === undefined) throw new Error('no target');
  const cluster = { capabilities: () => Promise.resolve(CAPABILITIES) };
  const dataKeys = { open: () => Promise.reject(new Error('nothing here is encrypted')) };
  const world = { target, git: served.open(), tools, readers: READ_AT_ONCE, dataKeys, cluster };
  return renderChart(
    { tree: { rootTree: served.rootTree, base: null }, applied: NOTHING_RECORDED.applied, world },
    signal,
  );
}

async function only(inputs: readonly string[]): Promise<string> {
  const root = await mkdtemp(join(scratch, 'only-'));
  for (const path of inputs) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await cp(join(served.checkout, path), join(root, path), { recursive: true });
  }
  return root;
}

describe.concurrent('charts, compared with helm template on a full checkout', () => {
  it('number at least 12', () => {
    expect(Object.keys(CHARTS).length).toBeGreaterThanOrEqual(12);
  });

  it.each(Object.entries(CHARTS))(
    '%s renders to the same objects, and needs exactly its recorded inputs',
    async (name, each) => {
      const full = await templated(join(served.checkout, at(name)), each);
      const render = await rendered(name, each);
      expect(full?.length).toBeGreaterThan(0);
      expect(render.desired.problems).toEqual([]);
      expect(render.desired.manifests.map(({ object }) => canonicalJson(withoutOrder(object))).toSorted()).toEqual(
        full,
      );
      expect(render.desired.manifests.every(({ source }) => source.path.startsWith(`${at(name)}/chart/`))).toBe(true);

      const inputs = Object.keys(render.inputs);
      expect(await templated(join(await only(inputs), at(name)), each)).toEqual(full);
      for (const path of inputs) {
        const less = await only(inputs.filter((other) => other !== path));
        expect([path, await templated(join(less, at(name)), each)]).not.toEqual([path, full]);
      }
    },
  );

  it('take values from the root of the repository and from a key of a ConfigMap in Git, which are inputs', async () => {
    const name = 'values-elsewhere';
    const { desired, inputs } = await rendered(name, {
      files: {},
      values: ['/corpus/shared.yaml', `/${at(name)}/map.yaml#web.yaml`],
    });
    expect(desired.problems).toEqual([]);
    expect(desired.manifests.map(({ object }) => object['data'])).toEqual([{ value: 'shared from-map' }]);
    expect(Object.keys(inputs)).toEqual([`${at(name)}/chart`, 'corpus/shared.yaml', `${at(name)}/map.yaml`]);
    const missing = await rendered(name, { files: {}, values: [`/${at(name)}/map.yaml#other.yaml`] });
    expect(missing.desired.problems).toMatchObject([
      {
        subject: `${at(name)}/map.yaml`,
        message: 'no ConfigMap in it has the key other.yaml, which helm.values names',
      },
    ]);
  });

  it.each([
    ['"file:///etc/passwd"', { 'values.schema.json': '{ "properties": { "a": { "$ref": "file:///etc/passwd" } } }' }],
    ['"http://127.0.0.1/x"', { 'values.schema.json': '{ "allOf": [{ "$ref": "http://127.0.0.1/x" }] }' }],
    ['"../../x.json"', { 'charts/sub/values.schema.json': '{ "\\u0024ref": "../../x.json" }' }],
  ])('are refused when their schema refers to %s', (reference, files) => {
    const found = Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
    expect(refuseForeignSchemas(found)).toMatchObject([
      {
        code: 'render-refused',
        subject: Object.keys(files)[0],
        message: `refers to a schema outside this file: ${reference}`,
      },
    ]);
    const local = {
      path: 'values.schema.json',
      bytes: Buffer.from('{ "$schema": "http://json-schema.org/x", "$ref": "#/a" }'),
    };
    expect(refuseForeignSchemas([local])).toEqual([]);
  });

  it('are refused when a packaged subchart, or one in it, refers to a schema elsewhere', async () => {
    const directory = await mkdtemp(join(scratch, 'packaged-'));
    const schema = join(directory, 'sub', 'values.schema.json');
    const archived = async (name: string) => {
      const path = join(directory, `${name}.tgz`);
      await run('tar', ['-C', directory, '-czf', path, 'sub']);
      return readFile(path);
    };
    await mkdir(dirname(schema), { recursive: true });
    await writeFile(schema, '{ "$ref": "file:///etc/passwd" }');
    const packaged = await archived('packaged');
    const refusalsOf = (bytes: Buffer) => refuseForeignSchemas([{ path: 'app/charts/sub-1.0.0.tgz', bytes }]);
    expect(refusalsOf(packaged)).toMatchObject([
      { code: 'render-refused', subject: 'app/charts/sub-1.0.0.tgz/sub/values.schema.json' },
    ]);
    await mkdir(join(directory, 'sub', 'charts', 'x'.repeat(120)), { recursive: true });
    await writeFile(join(directory, 'sub', 'charts', 'x'.repeat(120), 'values.schema.json'), '{ "$ref": "http://a/" }');
    await writeFile(join(directory, 'sub', 'charts', 'own.tgz'), packaged);
    await writeFile(schema, '{}');
    const nested = refusalsOf(await archived('outer')).map(({ message }) => message);
    expect(nested.toSorted()).toEqual([
      expect.stringContaining('file:///etc/passwd'),
      expect.stringContaining('http://a/'),
    ]);
    expect(refusalsOf(Buffer.from('not an archive'))).toMatchObject([{ subject: 'app/charts/sub-1.0.0.tgz' }]);
  });

  it('have no source outside their directory, whatever a template prints', () => {
    const output = `# Source: main/../../etc/x.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n`;
    const origin = { file: 'c/Chart.yaml', chart: { chart: 'c', name: 'main' }, variables: null };
    const { manifests } = readTemplated(Buffer.from(output), origin);
    expect(manifests.map(({ source }) => source.path)).toEqual(['c/Chart.yaml']);
  });

  it('have their hooks before and after the other objects, ordered by weight', async () => {
    const { desired } = await rendered('hooks', CHARTS['hooks'] ?? { files: {} });
    const waves = desired.manifests.map(({ name, object }) => [
      name,
      metadataMap(object, 'annotations')['headgate.dev/wave'],
    ]);
    expect(Object.fromEntries(waves)).toEqual({ a: undefined, before: '-1000005', after: '1000003' });
  });
});
