import { afterAll, beforeAll, expect, it } from 'vitest';
import { Testbed, configMap } from '../../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeAll(async () => {
  testbed = await Testbed.build();
});

afterAll(async () => {
  await testbed.tearDown();
});

const secret = (pin: string) => `apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { pin: ${pin} }\n`;

it('headgate diff shows what one deployed commit changes in objects since another one, without values of Secrets', async () => {
  const { namespace } = testbed;
  const first = await testbed.push({
    'apps/a.yaml': configMap('a', { v: '1' }),
    'apps/b.yaml': configMap('b', { v: '1' }),
    'apps/s.yaml': secret('planted-1'),
  });
  expect((await testbed.headgate('deploy', namespace)).code).toBe(0);
  const second = await testbed.push({
    'apps/a.yaml': configMap('a', { v: '2' }),
    'apps/b.yaml': null,
    'apps/c.yaml': configMap('c', { v: '1' }),
    'apps/s.yaml': secret('planted-2'),
  });
  expect((await testbed.headgate('deploy', namespace)).code).toBe(0);

  const changed = await testbed.headgate('diff', namespace, first.slice(0, 12), second.slice(0, 12));
  expect([changed.code, changed.stdout.split('\n')]).toEqual([
    2,
    [
      `${namespace}: ${first.slice(0, 12)} → ${second.slice(0, 12)}`,
      '~ update ConfigMap a  (apps/a.yaml:1)',
      '      .data.v: "1" → "2"',
      '- prune ConfigMap b  (apps/b.yaml:1)',
      '+ create ConfigMap c  (apps/c.yaml:1)',
      '~ update Secret s  (apps/s.yaml:1)',
      expect.stringMatching(/^ {6}\.stringData\.pin: "\*\*\* \(before\)" → "\*\*\* \(after\)"$/),
      '',
    ],
  ]);
  const same = await testbed.headgate('diff', namespace, second, second, '--output', 'json');
  expect([same.code, JSON.parse(same.stdout)]).toEqual([
    0,
    { target: namespace, before: second, after: second, changes: [], refusals: [] },
  ]);
  const unknown = await testbed.headgate('diff', namespace, 'abcdef0', second);
  expect([unknown.code, unknown.stderr]).toEqual([64, expect.stringContaining('headgate history')]);
}, 120_000);
