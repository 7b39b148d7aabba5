import { afterAll, beforeAll, expect, it } from 'vitest';
import { Testbed, configMap } from '../../rig/testbed/testbed.ts';

let testbed: Testbed;

beforeAll(async () => {
  testbed = await Testbed.build();
  testbed.env['USER'] = 'jo';
  await testbed.start();
});

afterAll(async () => {
  await testbed.tearDown();
});

const apps = (v: string) => ({ 'apps/a.yaml': configMap('a', { v }) });

it('headgate history lists the outcomes of a target with commit, author, verdict, changes, duration and requester', async () => {
  const { namespace } = testbed;
  const empty = await testbed.headgate('history', namespace);
  expect([empty.code, empty.stdout]).toEqual([0, expect.stringMatching(/^ENDED .*SUBJECT\n$/)]);

  const first = await testbed.push(apps('1'));
  await testbed.outcome(first, 'deployed');
  const second = await testbed.push({ 'apps/a.yaml': 'kind: [' });
  await testbed.outcome(second, 'refused');
  await testbed.stop();
  const third = await testbed.push(apps('2'));
  expect((await testbed.headgate('deploy', namespace)).code).toBe(0);
  // A repeated run that changes nothing is no outcome.
  expect((await testbed.headgate('deploy', namespace)).code).toBe(0);

  const { stdout } = await testbed.headgate('history', namespace, '--output', 'json');
  const shown = JSON.parse(stdout) as { outcomes: Record<string, unknown>[] };
  const [author, subject] = (await testbed.git('log', '-1', '--format=%an%n%s')).split('\n');
  const committedAt = expect.stringMatching(/^\d{4}-.*Z$/) as unknown;
  const common = {
    author,
    subject,
    committedAt,
    durationMs: expect.any(Number),
    at: expect.stringMatching(/^\d{4}-.*Z$/),
  };
  const delivery = expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown;
  expect(shown).toEqual({
    target: namespace,
    hold: null,
    outcomes: [
      { ...common, revision: third, verdict: 'deployed', created: 0, updated: 1, pruned: 0, by: 'cli jo' },
      { ...common, revision: second, verdict: 'refused', created: 0, updated: 0, pruned: 0, by: delivery },
      { ...common, revision: first, verdict: 'deployed', created: 1, updated: 0, pruned: 0, by: delivery },
    ],
  });
  const text = await testbed.headgate('history', namespace);
  expect(text.stdout.split('\n')[1]).toMatch(
    new RegExp(
      String.raw`^\S+Z  ${third.slice(0, 12)}  deployed  1 updated +\d+\.\d s  cli jo  +${author} +${subject}$`,
    ),
  );
}, 120_000);
