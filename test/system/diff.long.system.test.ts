import { afterEach, describe, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

interface Planned {
  readonly changes: readonly {
    readonly op: string;
    readonly kind: string;
    readonly name: string;
    readonly diff?: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[];
  }[];
}

async function plan(): Promise<Planned['changes']> {
  const { stdout } = await testbed.headgate('plan', testbed.namespace, '--output', 'json');
  return (JSON.parse(stdout) as Planned).changes;
}

async function pathsOf(name: string): Promise<readonly string[]> {
  const change = (await plan()).find((each) => each.name === name);
  return (change?.diff ?? []).map(({ path }) => path);
}

const secret = (data: Readonly<Record<string, string>>): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: ${JSON.stringify(data)}\n`;

const autoscaler = (metrics: readonly string[]): string =>
  JSON.stringify({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 3,
      metrics: metrics.map((name) => ({
        type: 'Resource',
        resource: { name, target: { type: 'Utilization', averageUtilization: 50 } },
      })),
    },
  });

/** What the server completes, or writes in another way. */
const DEFAULTED = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, creationTimestamp: null }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web }, creationTimestamp: null }
    spec:
      containers:
        - name: web
          image: example.com/web
          ports: [{ containerPort: 80 }]
          resources: { requests: { cpu: 1, memory: 1024Mi } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: empty }
data:
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: none }
rules: []
`;

describe('a plan (C)', () => {
  it('lists no change for an unchanged target, and otherwise every field that differs, with only the keys of Secrets', async () => {
    // Without a metrics server, the autoscaler would not become ready.
    testbed = await Testbed.build({ target: { wait: '0s' } });
    const files = {
      'apps/a.yaml': `${configMap('z')}---\n${configMap('a', { same: '1', gone: '1', changed: '1' })}`,
      'apps/s.yaml': secret({ same: 'planted-1', gone: 'planted-2', changed: 'planted-3' }),
      'apps/h.json': autoscaler(['memory', 'cpu']),
      'apps/m.yaml': configMap('m', {}, '  labels: { tier: one }\n'),
      'apps/d.yaml': DEFAULTED,
    };
    await testbed.push(files);
    // In the order in which they are applied, and of their names (A1).
    expect((await plan()).map(({ op, kind, name }) => `${op} ${kind} ${name}`)).toEqual([
      'create Role none',
      'create ConfigMap a',
      'create ConfigMap empty',
      'create ConfigMap m',
      'create ConfigMap z',
      'create Secret s',
      'create Service web',
      'create Deployment web',
      'create HorizontalPodAutoscaler h',
    ]);
    expect(await testbed.headgate('deploy', testbed.namespace)).toMatchObject({ code: 0 });
    // C1; and whatever order the server keeps metrics in, it is no change (C5).
    expect(await plan()).toEqual([]);
    // Nor is anything that the server writes otherwise than Git (A2), when all of it is asked about again.
    await testbed.kubectl('-n', testbed.namespace, 'delete', 'configmap', `headgate-${testbed.namespace}`);
    expect(await plan()).toEqual([]);
    await testbed.push({ 'apps/touched.yaml': configMap('touched') });
    expect((await plan()).map(({ op, name }) => `${op} ${name}`)).toEqual(['create touched']);

    await testbed.push({
      'apps/touched.yaml': null,
      'apps/a.yaml': `${configMap('z')}---\n${configMap('a', { same: '1', new: '1', changed: '2' })}`,
      'apps/s.yaml': secret({ same: 'planted-1', new: 'planted-4', changed: 'planted-5' }),
      'apps/h.json': autoscaler(['cpu', 'memory']),
      'apps/m.yaml': configMap('m', {}, '  labels: { tier: two }\n'),
    });
    // Entries of maps added, removed, changed (C4); metadata alone (C6).
    expect(await pathsOf('a')).toEqual(['.data.changed', '.data.gone', '.data.new']);
    expect(await pathsOf('m')).toEqual(['.metadata.labels.tier']);
    // A key that leaves stringData leaves the Secret too (C2), and no value is shown in any combination (C3).
    const shown = (await plan()).find(({ name }) => name === 's')?.diff ?? [];
    expect(shown).toEqual([
      { path: '.data.changed', before: '*** (before)', after: '*** (after)' },
      { path: '.data.gone', before: '*** (before)', after: null },
      { path: '.data.new', before: null, after: '*** (after)' },
    ]);
    const { stdout, stderr } = await testbed.headgate('plan', testbed.namespace);
    expect(stdout + stderr).not.toMatch(/planted|cGxhbnRlZC/);

    expect(await testbed.headgate('deploy', testbed.namespace)).toMatchObject({ code: 0 });
    expect(await plan()).toEqual([]);
    const { data } = JSON.parse(await testbed.kubectl('-n', testbed.namespace, 'get', 'secret', 's', '-o', 'json')) as {
      data: Record<string, string>;
    };
    expect(Object.keys(data).toSorted()).toEqual(['changed', 'new', 'same']);
  });
});
