import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';
import type { TestbedOptions } from '../rig/testbed/testbed.ts';
import { getTools } from '../rig/programs/tools.ts';

let testbed: Testbed | null = null;
let server: Server | null = null;

afterEach(async () => {
  await testbed?.tearDown();
  server?.close();
  testbed = null;
  server = null;
});

async function started(options: TestbedOptions = {}): Promise<Testbed> {
  const built = await Testbed.build({ ...options, target: { path: 'apps/web', ...options.target } });
  testbed = built;
  built.env['HEADGATE_CACHE'] = await ownCache(built);
  await built.start();
  return built;
}

/** The programs of the cache, and charts of the test's own. */
async function ownCache({ directory }: Testbed): Promise<string> {
  const { helm } = await getTools();
  await mkdir(join(directory, 'cache'));
  await symlink(dirname(helm), join(directory, 'cache', basename(dirname(helm))));
  return join(directory, 'cache');
}

const chart = (version = '1.0.0') => `apiVersion: v2\nname: web\nversion: ${version}\n`;
const CHART = {
  'apps/web/Chart.yaml': chart(),
  'apps/web/values.yaml': 'colour: blue\n',
  'apps/web/templates/settings.yaml': configMap('{{ .Release.Name }}-settings', {}).replace(
    'data: {}',
    'data: { colour: {{ .Values.colour | quote }}, version: {{ .Capabilities.KubeVersion.Version | quote }}, has: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" | quote }} }',
  ),
  'apps/web/templates/other.yaml': configMap('{{ .Release.Name }}-other', { value: '1' }),
  'apps/web/templates/test.yaml': configMap('a-test', {}, '  annotations: { helm.sh/hook: test }\n'),
  'apps/web/templates/before.yaml': configMap(
    'before',
    {},
    '  annotations: { helm.sh/hook: pre-install, helm.sh/hook-weight: "-5" }\n',
  ),
};

it('renders a chart of the repository with the capabilities of the cluster and without its test hooks, and applies only the difference', async () => {
  const on = await started();
  const first = await on.outcome(await on.push(CHART));
  expect(first).toMatchObject({ verdict: 'deployed', created: 3 });
  const maps = await on.configMaps();
  expect(maps[`${on.namespace}-settings`]).toEqual({ colour: 'blue', version: 'v1.37.2', has: 'true' });
  const live = await on.get('configmap', 'before');
  expect(live?.['metadata']).toMatchObject({
    annotations: { 'headgate.dev/source': 'apps/web/templates/before.yaml', 'headgate.dev/wave': '-1000005' },
  });

  const edited = await on.outcome(await on.push({ 'apps/web/values.yaml': 'colour: red\n' }));
  expect(edited).toMatchObject({ verdict: 'deployed', created: 0, updated: 1, pruned: 0 });
  const beside = await on.outcome(await on.push({ 'apps/README.md': 'words\n' }));
  expect(beside).toMatchObject({ verdict: 'unchanged', requests: { kubernetes: 1 } });
});

it('names the template and the line of a mistake in a chart', async () => {
  const on = await started();
  await on.outcome(await on.push(CHART));
  const failing = await on.push({
    'apps/web/templates/other.yaml': 'a: b\nc: {{ required "a colour is needed" .Values.none }}\n',
  });
  expect(await on.outcome(failing)).toMatchObject({
    verdict: 'refused',
    errors: [
      expect.objectContaining({
        code: 'render-failed',
        subject: 'apps/web/templates/other.yaml:2',
        message: expect.stringContaining('a colour is needed'),
      }),
    ],
  });
});

it('refuses an object that differs between two renders of a chart, unless it is create-only', async () => {
  const on = await started();
  await on.outcome(await on.push(CHART));
  const random = (more: string) =>
    configMap('random', {}, more).replace('data: {}', 'data: { value: {{ randAlphaNum 20 }} }');
  const refused = await on.push({ 'apps/web/templates/random.yaml': random('') });
  expect(await on.outcome(refused)).toMatchObject({
    verdict: 'refused',
    errors: [
      expect.objectContaining({
        subject: 'apps/web/templates/random.yaml:1',
        message: 'ConfigMap random is not reproducible: two renders of the same files differ',
      }),
    ],
  });
  const once = await on.push({
    'apps/web/templates/random.yaml': random('  annotations: { headgate.dev/apply: create-only }\n'),
  });
  expect(await on.outcome(once)).toMatchObject({ verdict: 'deployed', created: 1 });
  const value = (await on.configMaps())['random'];
  expect(await on.outcome(await on.push({ 'apps/web/values.yaml': 'colour: green\n' }))).toMatchObject({ updated: 1 });
  expect((await on.configMaps())['random']).toEqual(value);
});

it('pulls a chart once by its version, and refuses different content under the same version', async () => {
  const served = new Map<string, Buffer>();
  const asked: string[] = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const bytes = served.get(request.url ?? '');
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const on = await started({
    target: {
      helm: { chart: 'web', version: '1.0.0', repository: url, values: ['values.yaml'], set: { 'extra.deep': 'yes' } },
    },
  });
  const publish = async (value: string) => {
    const folder = join(on.directory, `chart-${value}`, 'web');
    await mkdir(join(folder, 'templates'), { recursive: true });
    await writeFile(join(folder, 'Chart.yaml'), chart());
    const data = `data: { value: ${value}, colour: {{ .Values.colour }}, extra: {{ .Values.extra.deep | quote }} }`;
    await writeFile(join(folder, 'templates', 'a.yaml'), configMap('pulled').replace('data: {}', data));
    const { helm } = await getTools();
    execFileSync(helm, ['package', folder, '-d', on.directory], { stdio: 'pipe' });
    const archive = await readFile(join(on.directory, 'web-1.0.0.tgz'));
    served.set('/web-1.0.0.tgz', archive);
    const digest = createHash('sha256').update(archive).digest('hex');
    const entry = `  - { apiVersion: v2, name: web, version: 1.0.0, digest: ${digest}, urls: [${url}/web-1.0.0.tgz] }`;
    served.set('/index.yaml', Buffer.from(`apiVersion: v1\nentries:\n  web:\n${entry}\n`));
  };
  await publish('one');
  expect(await on.outcome(await on.push({ 'apps/web/values.yaml': 'colour: blue\n' }))).toMatchObject({ created: 1 });
  expect((await on.configMaps())['pulled']).toEqual({ value: 'one', colour: 'blue', extra: 'yes' });
  const before = asked.length;
  expect(await on.outcome(await on.push({ 'apps/web/values.yaml': 'colour: red\n' }))).toMatchObject({ updated: 1 });
  expect(asked.length).toBe(before);

  await rm(join(on.directory, 'cache', 'charts'), { recursive: true });
  await publish('two');
  expect(await on.outcome(await on.push({ 'apps/web/values.yaml': 'colour: green\n' }))).toMatchObject({
    verdict: 'refused',
    errors: [
      expect.objectContaining({
        code: 'render-refused',
        message: expect.stringContaining('has changed since it was applied'),
      }),
    ],
  });
});
