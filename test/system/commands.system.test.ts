import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeAll(async () => {
  testbed = await Testbed.build();
});

afterAll(async () => {
  await testbed.tearDown();
});

describe('the commands without a running serve', () => {
  it('plan, deploy, show status and sweep, with the documented exit codes', async () => {
    const { namespace } = testbed;
    const first = await testbed.push({
      'apps/a.yaml': configMap('a', { v: '1' }),
      'apps/s.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { pin: planted-1 }\n',
    });

    const planned = await testbed.headgate('plan', namespace, '--output', 'json');
    expect(planned.code).toBe(2);
    expect(JSON.parse(planned.stdout)).toEqual({
      target: namespace,
      revision: first,
      previous: null,
      hash: null,
      changes: [
        { op: 'create', group: '', kind: 'ConfigMap', namespace, name: 'a', source: 'apps/a.yaml:1' },
        { op: 'create', group: '', kind: 'Secret', namespace, name: 's', source: 'apps/s.yaml:1' },
      ],
      refusals: [],
    });
    expect(await testbed.configMaps()).toEqual({});

    const deployed = await testbed.headgate('deploy', namespace);
    expect([deployed.code, deployed.stdout]).toEqual([
      0,
      `${namespace}: deployed at ${first.slice(0, 12)} (2 created, ready)\n`,
    ]);
    expect((await testbed.headgate('plan', namespace)).code).toBe(0);

    const second = await testbed.push({
      'apps/a.yaml': configMap('a', { v: '2' }),
      'apps/s.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { pin: planted-2 }\n',
    });
    const text = await testbed.headgate('plan', namespace);
    expect(text.code).toBe(2);
    expect(text.stdout).toContain('.data.v: "1" → "2"');
    expect(text.stdout).toContain('.data.pin: "*** (before)" → "*** (after)"');
    expect(text.stdout + text.stderr).not.toMatch(/planted|cGxhbnRlZC/);

    const swept = await testbed.headgate('sweep');
    expect([swept.code, swept.stdout]).toEqual([
      0,
      `${namespace}: deployed at ${second.slice(0, 12)} (2 updated, ready)\n`,
    ]);
    expect((await testbed.headgate('sweep')).stdout).toBe('every target is at its tip\n');

    const status = await testbed.headgate('status', '--output', 'json');
    expect(status.code).toBe(0);
    expect(JSON.parse(status.stdout)).toEqual([
      {
        target: namespace,
        repository: 'fleet',
        revision: second,
        attemptedRevision: second,
        verdict: 'deployed',
        readiness: 'ready',
        drift: null,
        deployedAt: expect.stringMatching(/^\d{4}-/),
        deadLetters: [],
      },
    ]);

    const old = await testbed.headgate('plan', namespace, '--revision', first);
    expect([old.code, old.stdout]).toEqual([2, expect.stringContaining('.data.v: "2" → "1"')]);

    await testbed.push({ 'apps/bad.yaml': 'a: [' });
    const refused = await testbed.headgate('plan', namespace);
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('apps/bad.yaml:1')]);
    expect((await testbed.headgate('deploy', namespace)).code).toBe(1);
    expect((await testbed.headgate('deploy', 'nobody')).code).toBe(64);
  }, 60_000);

  it('write an Event on the state object, and labels and annotations on owned objects', async () => {
    const events = JSON.parse(await testbed.kubectl('-n', testbed.namespace, 'get', 'events', '-o', 'json')) as {
      items: { reason: string; type: string; involvedObject: { name: string; uid: string } }[];
    };
    const ours = events.items.filter(({ involvedObject }) => involvedObject.name === `headgate-${testbed.namespace}`);
    expect(ours.map(({ type, reason }) => `${type} ${reason}`)).toContain('Normal Deployed');
    expect(ours.map(({ type, reason }) => `${type} ${reason}`)).toContain('Warning DeployRefused');
    // By its uid kubectl describe finds them: also the first one, of the run that created the state.
    const state = await testbed.get('configmap', `headgate-${testbed.namespace}`);
    const metadata = state?.['metadata'] as { uid: string } | undefined;
    expect(new Set(ours.map(({ involvedObject }) => involvedObject.uid))).toEqual(new Set([metadata?.uid]));
    expect(await testbed.get('configmap', 'a')).toMatchObject({
      metadata: {
        annotations: { 'headgate.dev/source': 'apps/a.yaml' },
        labels: { 'applyset.kubernetes.io/part-of': expect.stringMatching(/^applyset-/) },
      },
    });
  });
});
