import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeEach(async () => {
  testbed = await Testbed.build();
  await testbed.start();
});

afterEach(async () => {
  await testbed.tearDown();
});

const KUSTOMIZATION = {
  'apps/a/kustomization.yaml': 'namePrefix: x-\nresources: [c.yaml]\n',
  'apps/a/c.yaml': configMap('c'),
};
const CHART = {
  'apps/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'apps/web/values.yaml': 'replicaCount: 1\n',
  'apps/web/templates/a.yaml': '{{- if .Values.a }}\nkind: A\n{{- end }}\n',
  'apps/web/templates/b.yaml': `${configMap('b')}  v: {{ .Values.b }}\n`,
  'apps/web/charts/sub/Chart.yaml': 'apiVersion: v2\nname: sub\nversion: 1.0.0\n',
};
const PLAIN = { 'apps/plain.yaml': configMap('plain') };

async function refusals(files: Readonly<Record<string, string | null>>) {
  const outcome = await testbed.outcome(await testbed.push(files), 'refused');
  return (outcome['errors'] as { code: string; subject: string; message: string; remedy: string }[]).map(
    ({ code, subject, message, remedy }) => {
      expect(code).toBe('render-refused');
      expect(remedy).toMatch(/^Set the path .* forEach .*\/\*\* to the exclude list/);
      return [subject, message.slice(0, message.indexOf(' below'))];
    },
  );
}

const A = ['apps/a/kustomization.yaml', 'apps/a is a kustomization'];
const WEB = ['apps/web/Chart.yaml', 'apps/web is a chart'];

describe('below the path of plain files', () => {
  it('refuses a kustomization and a chart, once for each folder', async () => {
    expect(await refusals({ ...PLAIN, ...KUSTOMIZATION, ...CHART })).toEqual(expect.arrayContaining([A, WEB]));
    expect(await testbed.configMaps()).toEqual({});
    const outcome = await testbed.outcome(await testbed.push({ 'apps/x/Kustomization': 'resources: []\n' }), 'refused');
    expect((outcome['errors'] as { subject: string }[]).map(({ subject }) => subject).toSorted()).toEqual([
      'apps/a/kustomization.yaml',
      'apps/web/Chart.yaml',
      'apps/x/Kustomization',
    ]);
  });

  it('refuses a folder that gets a kustomization, whatever else changes in it', async () => {
    await testbed.outcome(await testbed.push({ ...PLAIN, 'apps/a/c.yaml': configMap('c') }), 'deployed');
    expect(await refusals({ 'apps/a/kustomization.yaml': 'namePrefix: x-\nresources: [c.yaml]\n' })).toEqual([A]);
    expect(await refusals({ 'apps/a/c.yaml': configMap('c', { v: '2' }), 'apps/b.yaml': configMap('b') })).toEqual([A]);
    expect(await testbed.configMaps()).toEqual({ c: {}, plain: {} });
    await testbed.outcome(await testbed.push({ 'apps/a/kustomization.yaml': null }), 'deployed');
    expect(await testbed.configMaps()).toEqual({ c: { v: '2' }, plain: {}, b: {} });
  });

  it('deploys an object of the cluster in a file with that name, such as a Kustomization of Flux', async () => {
    const named = { 'apps/a/kustomization.yaml': configMap('k'), 'apps/a/c.yaml': configMap('c') };
    await testbed.outcome(await testbed.push({ ...PLAIN, ...named }), 'deployed');
    const edited = await testbed.push({ 'apps/a/c.yaml': configMap('c', { v: '2' }) });
    expect(await testbed.outcome(edited, 'deployed')).toMatchObject({ updated: 1 });
    expect(await testbed.configMaps()).toEqual({ plain: {}, k: {}, c: { v: '2' } });
  });
});
