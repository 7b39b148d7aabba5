import { afterEach, expect, it } from 'vitest';
import { inProcess } from '../rig/testbed/in-process.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

it('keeps quoted values as text when kustomize removes the quotes', async () => {
  testbed = await Testbed.build({ target: { path: 'apps', substitute: { variables: { COUNT: 3 } } } });
  await testbed.start();
  const first = await testbed.push({
    'apps/kustomization.yaml': 'resources: [a.yaml, s.yaml]\n',
    'apps/a.yaml': configMap('a', { n: '${COUNT}' }),
    'apps/s.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec:\n  ports:\n    - port: ${COUNT}\n',
  });
  expect(await testbed.outcome(first)).toMatchObject({ verdict: 'deployed', created: 2 });
  expect(await testbed.configMaps()).toEqual({ a: { n: '3' } });
  expect(await testbed.get('service', 'web')).toMatchObject({ spec: { ports: [{ port: 3 }] } });
});

const PLANTED = 'planted-region-77';

it('substitutes the variables of a target in its manifests, and shows their values nowhere else', async () => {
  testbed = await Testbed.build({ target: { substitute: { variables: { REGION: PLANTED, COUNT: 2 } } } });
  await testbed.start();
  const deployment = (replicas: string) =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  replicas: ${replicas}\n  selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { app: web } }\n    spec: { containers: [{ name: c, image: "example.com/\${IMAGE:=web}:1" }] }\n`;
  const first = await testbed.push({
    'apps/a.yaml': configMap('a', { region: '${REGION}', kept: '$${REGION}' }),
    'apps/web.yaml': deployment('${COUNT}'),
  });
  await testbed.outcome(first, 'deployed');
  expect(await testbed.configMaps()).toEqual({ a: { region: PLANTED, kept: '${REGION}' } });
  expect(await testbed.get('deployment', 'web')).toMatchObject({
    spec: { replicas: 2, template: { spec: { containers: [{ image: 'example.com/web:1' }] } } },
  });

  const missing = await testbed.push({ 'apps/a.yaml': configMap('a', { region: '${REGIN}' }) });
  expect(await testbed.outcome(missing)).toMatchObject({
    verdict: 'refused',
    errors: [{ code: 'variable-missing', subject: 'apps/a.yaml:5', message: 'variable REGIN is not set' }],
  });
  // The server quotes what it refuses.
  const wrong = await testbed.push({
    'apps/a.yaml': configMap('a', { region: '${REGION}' }),
    'apps/web.yaml': deployment('${REGION}'),
  });
  expect(await testbed.outcome(wrong)).toMatchObject({
    verdict: 'refused',
    errors: [{ code: 'manifest-rejected', message: expect.stringContaining('spec.replicas') }],
  });
  const state = await testbed.kubectl('-n', testbed.namespace, 'get', 'configmaps,events', '-o', 'yaml');
  const seen = [
    JSON.stringify(testbed.log),
    JSON.stringify(testbed.host.statuses),
    state.replaceAll(`region: ${PLANTED}`, ''),
  ];
  expect(seen.filter((text) => text.includes(PLANTED))).toEqual([]);
});

it('masks substituted values in a plan, those of labels too, and shows their keys', async () => {
  testbed = await Testbed.build({ target: { substitute: { variables: { REGION: PLANTED } } } });
  const headgate = inProcess(testbed);
  const labels = (region: string, more = '') => `  labels: { region: "${region}"${more} }\n`;
  await testbed.push({ 'apps/a.yaml': configMap('a', { region: '${REGION}' }, labels('none')) });
  expect(await headgate.deploy()).toMatchObject({ verdict: 'deployed' });
  await testbed.push({ 'apps/a.yaml': configMap('a', { region: '${REGION}' }, labels('${REGION}', ', tier: web')) });
  const planned = await headgate.plan();
  expect(planned).toMatchObject({
    changes: [
      {
        name: 'a',
        diff: [
          { path: '.metadata.labels.region', before: '*** (before)', after: '*** (after)' },
          { path: '.metadata.labels.tier', before: null, after: '*** (after)' },
        ],
      },
    ],
  });
  const text = await testbed.headgate('plan', testbed.namespace);
  const deployed = await headgate.deploy();
  expect((await testbed.get('configmap', 'a'))?.['metadata']).toMatchObject({ labels: { region: PLANTED } });
  const wave = `  annotations: { headgate.dev/wave: "\${REGION}" }\n`;
  await testbed.push({ 'apps/a.yaml': configMap('a', {}, wave) });
  const refused = await headgate.plan();
  expect(refused.refusals).toMatchObject([
    { message: expect.stringMatching(/ has an invalid annotation: headgate.dev\/wave$/) },
  ]);
  expect(JSON.stringify([planned, text, deployed, refused, testbed.log])).not.toContain(PLANTED);
  headgate.close();
}, 120_000);
