import { afterEach, describe, expect, it } from 'vitest';
import { inProcess } from '../rig/testbed/in-process.ts';
import { Testbed } from '../rig/testbed/testbed.ts';
import { widgetDefinition } from '../rig/testbed/widgets.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

/** A paused Deployment, which starts no pods, or another workload. */
function workload(kind: string, { name = 'web', replicas = null as number | null, image = 'a', env = false } = {}) {
  const metadata = { labels: { app: name } };
  const container = {
    name: 'c',
    image: `example.com/${image}:1`,
    ...(env ? { env: [{ name: 'A', value: '1' }] } : {}),
  };
  const spec = {
    ...(replicas === null ? {} : { replicas }),
    ...(kind === 'Deployment' ? { paused: true } : { serviceName: name }),
    selector: { matchLabels: { app: name } },
    template: { metadata, spec: { containers: [container] } },
  };
  return JSON.stringify({ apiVersion: 'apps/v1', kind, metadata: { name }, spec });
}

/** What a commit's run asked the API server about an object. */
async function requestsFor(name: string, revision: string): Promise<readonly string[]> {
  const audit = await testbed.auditOf(`${testbed.namespace}@${revision.slice(0, 12)}`);
  return audit.filter(({ uri }) => uri.split('?')[0]?.endsWith(`/${name}`)).map(({ verb }) => verb);
}

const warning = (kind: string, values: string) => ({
  code: 'field-defaulted',
  subject: expect.stringContaining('.json:1') as unknown,
  message: expect.stringMatching(
    new RegExp(`^${kind}[^ ]* [^ ]+: replicas left Git and falls back to its default, ${values}$`),
  ) as unknown,
  remedy: expect.stringContaining('/spec/replicas') as unknown,
});

describe('replicas that leave Git', () => {
  it('are shown in the plan, and warned about in the plan and in the outcome, for every kind that can be scaled', async () => {
    testbed = await Testbed.build({ target: { wait: '0s' } });
    const headgate = inProcess(testbed);
    const group = `${testbed.namespace}.example.com`;
    const scale = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' };
    const definition = widgetDefinition(group, [{ name: 'v1', subresources: { status: {}, scale } }]);
    await testbed.applyByHand(definition);
    await testbed.kubectl('wait', '--for=condition=Established', `crd/widgets.${group}`);
    const widget = (spec: object) =>
      JSON.stringify({ apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'w' }, spec });
    await testbed.applyByHand(workload('Deployment', { name: 'adopted', replicas: 2 }));
    await testbed.push({
      'apps/web.json': workload('Deployment', { replicas: 3 }),
      'apps/set.json': workload('StatefulSet', { name: 'set', replicas: 0 }),
      'apps/w.json': widget({ replicas: 2, size: 1 }),
      'apps/one.json': workload('Deployment', { name: 'one', replicas: 1 }),
    });
    expect(await headgate.deploy()).toMatchObject({ verdict: 'deployed' });
    await testbed.push({
      'apps/web.json': workload('Deployment', { image: 'b', env: true }),
      'apps/set.json': workload('StatefulSet', { name: 'set' }),
      'apps/w.json': widget({ size: 1 }),
      // Its default is what it has.
      'apps/one.json': workload('Deployment', { name: 'one' }),
      'apps/adopted.json': workload('Deployment', { name: 'adopted' }),
    });
    const expected = [
      expect.objectContaining({ code: 'adopted', subject: 'apps/adopted.json:1' }),
      warning('Deployment', 'from 2 to 1'),
      warning('Deployment', 'from 3 to 1'),
      warning('StatefulSet', 'from 0 to 1'),
      warning('Widget', 'from 2 to none'),
    ];
    const planned = await headgate.plan();
    const byMessage = (list: readonly { message: string }[] = []) =>
      list.toSorted((a, b) => (a.message < b.message ? -1 : 1));
    expect(byMessage(planned.warnings)).toEqual(expected);
    for (const name of ['web', 'adopted'])
      expect(planned.changes.find((change) => change.name === name)?.diff).toContainEqual(
        expect.objectContaining({ path: '.spec.replicas', after: 1 }),
      );
    const { warnings } = await headgate.deploy();
    headgate.close();
    expect(byMessage(warnings)).toEqual(expected);
    expect(await testbed.get('deployment', 'web')).toMatchObject({ spec: { replicas: 1 } });
    await testbed.kubectl('delete', 'crd', `widgets.${group}`, '--wait=false');
  });

  it('stay without a warning where another manager set them, and cost no request where our fields are the same', async () => {
    testbed = await Testbed.build({ target: { wait: '0s' } });
    await testbed.start();
    const deploy = async (file: string) => {
      const revision = await testbed.push({ 'apps/web.json': file });
      return { revision, outcome: await testbed.outcome(revision) };
    };
    await deploy(workload('Deployment', { replicas: 3 }));
    await testbed.kubectl('-n', testbed.namespace, 'scale', 'deployment/web', '--replicas=5');
    expect((await deploy(workload('Deployment'))).outcome).toMatchObject({ warnings: [] });
    expect(await testbed.get('deployment', 'web')).toMatchObject({ spec: { replicas: 5 } });

    const other = await deploy(workload('Deployment', { image: 'b' }));
    expect(await requestsFor('web', other.revision)).toEqual(['patch', 'patch']);
    // A field more: its managers are read, and show that replicas is not ours.
    const more = await deploy(workload('Deployment', { image: 'b', env: true }));
    expect(await requestsFor('web', more.revision)).toEqual(['patch', 'get', 'patch']);
    expect(more.outcome).toMatchObject({ updated: 1, warnings: [] });
  });
});
