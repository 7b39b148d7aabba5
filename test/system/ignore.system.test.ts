import { afterEach, describe, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

const deployment = (replicas: number, image: string, side: string): string =>
  `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: web, image: "${image}" }
        - { name: side, image: "${side}" }
`;

/** Who holds a field of the Deployment, by manager. */
async function holdersOf(field: string): Promise<readonly string[]> {
  const show = ['get', 'deployment', 'web', '-o', 'json', '--show-managed-fields'];
  const { metadata } = JSON.parse(await testbed.kubectl('-n', testbed.namespace, ...show)) as {
    metadata: { managedFields: { manager: string; fieldsV1: object }[] };
  };
  return metadata.managedFields
    .filter(({ fieldsV1 }) => JSON.stringify(fieldsV1).includes(`"f:${field}"`))
    .map(({ manager }) => manager);
}

describe('ignored fields (B)', () => {
  it('keep the values of their controller, and rules that match nothing have no effect', async () => {
    testbed = await Testbed.build({
      target: {
        ignore: [
          { group: 'apps', kind: 'Deployment', paths: ['/spec/replicas', '/spec/selector', '/spec/nothing/here'] },
          { kind: 'Deployment', paths: ['/spec/template/spec/containers/1/image'] },
          { kind: 'ConfigMap', name: 'another', paths: ['/data/v'] },
        ],
      },
    });
    await testbed.start();
    // On a create everything is as Git has it (B4).
    const files = { 'apps/web.yaml': deployment(2, 'example.com/web:1', 'example.com/side:1') };
    await testbed.outcome(await testbed.push({ ...files, 'apps/a.yaml': configMap('a', { v: '1' }) }), 'deployed');
    expect(await testbed.get('deployment', 'web')).toMatchObject({
      spec: {
        replicas: 2,
        template: { spec: { containers: [{ name: 'web' }, { name: 'side', image: 'example.com/side:1' }] } },
      },
    });

    // An autoscaler's number, and one element of a keyed list (B1, B6).
    await testbed.kubectl('-n', testbed.namespace, 'scale', 'deployment/web', '--replicas=5');
    const image = ['set', 'image', 'deployment/web', 'side=example.com/side:9', '--field-manager=updater'];
    await testbed.kubectl('-n', testbed.namespace, ...image);
    const changed = await testbed.push({
      'apps/web.yaml': deployment(3, 'example.com/web:2', 'example.com/side:2'),
      'apps/a.yaml': configMap('a', { v: '2' }),
    });
    expect(await testbed.outcome(changed, 'deployed')).toMatchObject({ updated: 2, warnings: [] });
    expect(await testbed.get('deployment', 'web')).toMatchObject({
      spec: {
        replicas: 5,
        // Required and immutable: it is kept, and never left without an owner (B2).
        selector: { matchLabels: { app: 'web' } },
        template: {
          spec: {
            containers: [
              { name: 'web', image: 'example.com/web:2' },
              { name: 'side', image: 'example.com/side:9' },
            ],
          },
        },
      },
    });
    expect(await holdersOf('replicas')).not.toContain('headgate');
    expect(await holdersOf('selector')).toContain('headgate');
    // A rule for another object meets nothing (B3).
    expect((await testbed.configMaps())['a']).toEqual({ v: '2' });
  });
});
