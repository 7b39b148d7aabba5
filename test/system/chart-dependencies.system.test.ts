import { mkdir, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { lockDigest } from '../../src/desired/helm/lock-digest.ts';
import { chartArchive, startChartServer } from '../rig/charts/chart-server.ts';
import type { ChartServer } from '../rig/charts/chart-server.ts';
import { getTools } from '../rig/programs/tools.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;
let charts: ChartServer;

afterEach(async () => {
  await testbed.tearDown();
  await charts.close();
});

const meta = (name: string) => `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`;
const chartOf = (name: string, value: string) =>
  chartArchive(name, { 'Chart.yaml': meta(name), 'templates/a.yaml': configMap(name, { value }) });

it('deploys a chart with dependencies from a repository, a registry and Git, pulls them once, and refuses other content', async () => {
  charts = await startChartServer();
  testbed = await Testbed.build({
    target: { path: 'apps/web', helm: { dependencies: ['127.0.0.1'], values: ['/envs/lab.yaml'] } },
  });
  const { helm } = await getTools();
  const cache = join(testbed.directory, 'cache');
  await mkdir(cache);
  await symlink(dirname(helm), join(cache, basename(dirname(helm))));
  testbed.env['HEADGATE_CACHE'] = cache;
  await testbed.start();
  charts.publish('redis', '1.0.0', chartOf('redis', 'one'));
  charts.publish('db', '1.0.0', chartOf('db', 'one'));
  const dependencies = [
    { name: 'redis', version: '^1.0.0', repository: charts.url },
    { name: 'db', version: '1.0.0', repository: charts.registry },
    { name: 'lib', version: '1.0.0', repository: 'file://../../lib' },
  ];
  const lock = dependencies.map(({ name, repository }) => ({ name, repository, version: '1.0.0' }));
  const files = {
    'apps/web/Chart.yaml': `${meta('web')}dependencies: ${JSON.stringify(dependencies)}\n`,
    'apps/web/Chart.lock': JSON.stringify({ dependencies: lock, digest: lockDigest(dependencies, lock) }),
    'apps/web/templates/own.yaml': configMap('own').replace('{}', '{ value: {{ .Values.value }} }'),
    'envs/lab.yaml': 'value: lab\n',
    'lib/Chart.yaml': meta('lib'),
    'lib/templates/a.yaml': configMap('lib', { value: 'one' }),
  };
  expect(await testbed.outcome(await testbed.push(files))).toMatchObject({ verdict: 'deployed', created: 4 });
  expect(await testbed.configMaps()).toEqual({
    own: { value: 'lab' },
    redis: { value: 'one' },
    db: { value: 'one' },
    lib: { value: 'one' },
  });

  // A change of what is beside the chart is a change of the target, and pulls nothing.
  const asked = charts.requests.length;
  const beside = { 'envs/lab.yaml': 'value: changed\n', 'lib/templates/a.yaml': configMap('lib', { value: 'two' }) };
  expect(await testbed.outcome(await testbed.push(beside))).toMatchObject({ verdict: 'deployed', updated: 2 });
  expect(charts.requests.length).toBe(asked);

  await testbed.stop();
  testbed.env['HEADGATE_CACHE'] = join(testbed.directory, 'cache-2');
  await mkdir(testbed.env['HEADGATE_CACHE']);
  await symlink(dirname(helm), join(testbed.env['HEADGATE_CACHE'], basename(dirname(helm))));
  await testbed.start();
  charts.publish('db', '1.0.0', chartOf('db', 'tampered'));
  expect(await testbed.outcome(await testbed.push({ 'envs/lab.yaml': 'value: again\n' }))).toMatchObject({
    verdict: 'refused',
    errors: [
      expect.objectContaining({
        code: 'render-refused',
        message: expect.stringContaining('has changed since it was applied'),
      }),
    ],
  });
  expect((await testbed.configMaps())['db']).toEqual({ value: 'one' });

  const { 'apps/web/Chart.lock': _, ...unlocked } = files;
  expect(await testbed.outcome(await testbed.push({ ...unlocked, 'apps/web/Chart.lock': null }))).toMatchObject({
    verdict: 'refused',
    errors: [expect.objectContaining({ remedy: 'Run helm dependency update apps/web, and commit Chart.lock.' })],
  });
});
