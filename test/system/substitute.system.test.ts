import { afterEach, expect, it } from 'vitest';
import { House, configMap } from '../rig/house/house.ts';

let house: House;

afterEach(async () => {
  await house.tearDown();
});

it('keeps what was quoted text when kustomize took the quotes off', async () => {
  house = await House.build({ target: { path: 'apps', substitute: { variables: { COUNT: 3 } } } });
  await house.start();
  const first = await house.push({
    'apps/kustomization.yaml': 'resources: [a.yaml, s.yaml]\n',
    'apps/a.yaml': configMap('a', { n: '${COUNT}' }),
    'apps/s.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec:\n  ports:\n    - port: ${COUNT}\n',
  });
  expect(await house.outcome(first)).toMatchObject({ verdict: 'deployed', created: 2 });
  expect(await house.configMaps()).toEqual({ a: { n: '3' } });
  expect(await house.get('service', 'web')).toMatchObject({ spec: { ports: [{ port: 3 }] } });
});

const PLANTED = 'planted-region-77';

it('puts the variables of a target into its manifests, and their values into nothing that is read', async () => {
  house = await House.build({ target: { substitute: { variables: { REGION: PLANTED, COUNT: 2 } } } });
  await house.start();
  const deployment = (replicas: string) =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  replicas: ${replicas}\n  selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { app: web } }\n    spec: { containers: [{ name: c, image: "example.com/\${IMAGE:=web}:1" }] }\n`;
  const first = await house.push({
    'apps/a.yaml': configMap('a', { region: '${REGION}', kept: '$${REGION}' }),
    'apps/web.yaml': deployment('${COUNT}'),
  });
  await house.outcome(first, 'deployed');
  expect(await house.configMaps()).toEqual({ a: { region: PLANTED, kept: '${REGION}' } });
  expect(await house.get('deployment', 'web')).toMatchObject({
    spec: { replicas: 2, template: { spec: { containers: [{ image: 'example.com/web:1' }] } } },
  });

  const missing = await house.push({ 'apps/a.yaml': configMap('a', { region: '${REGIN}' }) });
  expect(await house.outcome(missing)).toMatchObject({
    verdict: 'refused',
    errors: [{ code: 'variable-missing', subject: 'apps/a.yaml:5', message: 'variable REGIN is not set' }],
  });
  // The server quotes what it refuses.
  const wrong = await house.push({
    'apps/a.yaml': configMap('a', { region: '${REGION}' }),
    'apps/web.yaml': deployment('${REGION}'),
  });
  expect(await house.outcome(wrong)).toMatchObject({
    verdict: 'refused',
    errors: [{ code: 'manifest-rejected', message: expect.stringContaining('spec.replicas') }],
  });
  const state = await house.kubectl('-n', house.namespace, 'get', 'configmaps,events', '-o', 'yaml');
  const seen = [
    JSON.stringify(house.log),
    JSON.stringify(house.host.statuses),
    state.replaceAll(`region: ${PLANTED}`, ''),
  ];
  expect(seen.filter((text) => text.includes(PLANTED))).toEqual([]);
});
