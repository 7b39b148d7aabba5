import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runRequests } from '../../src/deploy/requests/run-requests.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

interface StoredLease {
  readonly run: string;
  readonly holder: string;
  readonly untilMs: number;
}

/** Edits the stored state as a run of another process would. */
async function setLease(lease: StoredLease | null): Promise<void> {
  const name = `headgate-${testbed.namespace}`;
  const parent = (await testbed.get('configmap', name)) as unknown as { data: { state: string } };
  const state = { ...(JSON.parse(parent.data.state) as object), lease };
  const patch = JSON.stringify({ data: { state: JSON.stringify(state) } });
  await testbed.kubectl('-n', testbed.namespace, 'patch', 'configmap', name, '-p', patch);
}

describe('Git is the truth', () => {
  beforeEach(async () => {
    testbed = await Testbed.build();
    await testbed.start();
  });

  it('repairs a partial apply by a revert, even when an object had moved between files (A4, E7)', async () => {
    await testbed.outcome(
      await testbed.push({ 'apps/a.yaml': configMap('moves', { v: '1' }), 'apps/b.yaml': configMap('b', { v: '1' }) }),
      'deployed',
    );
    // A policy that only the real write meets: the dry run passes, then one of the two is refused.
    await testbed.kubectl('-n', testbed.namespace, 'create', 'quota', 'few', '--hard=configmaps=6');
    await testbed.kubectl(
      '-n',
      testbed.namespace,
      'wait',
      '--for=jsonpath={.status.hard.configmaps}=6',
      'quota/few',
      '--timeout=30s',
    );
    const bad = await testbed.push({
      'apps/a.yaml': null,
      'apps/b.yaml': `${configMap('b', { v: '2' })}---\n${configMap('moves', { v: '2' })}`,
      ...Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`apps/more-${n}.yaml`, configMap(`more-${n}`)])),
    });
    expect((await testbed.outcome(bad))['verdict']).toMatch(/partial|refused/);
    await testbed.git('revert', '--no-edit', 'HEAD');
    const reverted = await testbed.commitAndPush();
    expect(await testbed.outcome(reverted)).toMatchObject({ verdict: 'deployed' });
    expect(await testbed.configMaps()).toEqual({ moves: { v: '1' }, b: { v: '1' } });
  });

  it('deploys the tip when a payload has a forged tree id', async () => {
    const first = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await testbed.outcome(first);
    await testbed.git('checkout', '-q', '-b', 'evil');
    await testbed.write({ 'apps/a.yaml': configMap('a', { v: 'evil' }) });
    await testbed.git('commit', '-qam', 'evil');
    await testbed.git('push', '-q', 'origin', 'evil');
    const evilTree = await testbed.git('rev-parse', 'HEAD^{tree}');
    await testbed.git('checkout', '-q', 'main');
    const second = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    await testbed.outcome(second, 'deployed');
    await testbed.host.settled();
    const payload = JSON.parse(testbed.host.deliveries.at(-1)?.payload ?? '') as { head_commit: { tree_id: string } };
    payload.head_commit.tree_id = evilTree;
    const answer = await testbed.host.deliver('acme/fleet', JSON.stringify(payload));
    expect(answer.status).toBe(202);
    await testbed.logged((line) => line['delivery'] === answer.id && line['verdict'] === 'unchanged');
    expect(await testbed.configMaps()).toEqual({ a: { v: '2' } });
  });

  it('writes nothing while another run holds the lease, and resumes when that run has ended', async () => {
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) }), 'deployed');
    const untilMs = Date.now() + 3000;
    await setLease({ run: 'r', holder: 'another', untilMs });
    const revision = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    expect(await testbed.outcome(revision, 'failed')).toMatchObject({
      errors: [expect.objectContaining({ code: 'lease-held' })],
    });
    expect(await testbed.configMaps()).toEqual({ a: { v: '1' } });
    await testbed.outcome(revision, 'deployed');
    expect(Date.now()).toBeGreaterThanOrEqual(untilMs);
    expect(await testbed.configMaps()).toEqual({ a: { v: '2' } });
  });

  it('resumes soon after that run has ended, not when its lease would have', async () => {
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) }), 'deployed');
    const untilMs = Date.now() + 60_000;
    await setLease({ run: 'r', holder: 'another', untilMs });
    const revision = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    await testbed.outcome(revision, 'failed');
    await setLease(null);
    await testbed.outcome(revision, 'deployed');
    expect(Date.now()).toBeLessThan(untilMs - 30_000);
  });

  it('reads the tip once more for a delivery that arrives late, and then stops', async () => {
    const first = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await testbed.outcome(first, 'deployed');
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) }), 'deployed');
    const late = testbed.host.deliveries.find(({ payload }) => payload.includes(`"after":"${first}"`));
    testbed.log.length = 0;
    await testbed.host.redeliver(late?.id ?? '');
    const outcome = await testbed.logged(({ delivery, verdict }) => delivery === late?.id && verdict !== undefined);
    // The tip and both sides of its difference to what the delivery names; then: is the tip newer? One look, not four.
    expect(outcome).toMatchObject({ verdict: 'unchanged', requests: { kubernetes: 1, git: 5 } });
  });

  it('reads only the tip, in one run, for all deliveries that an earlier run has already deployed', async () => {
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) }), 'deployed');
    testbed.host.faults = { lose: () => true };
    const revisions = [
      await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) }),
      await testbed.push({ 'apps/a.yaml': configMap('a', { v: '3' }) }),
    ];
    const [two = '', three = ''] = revisions.map(
      (revision) => testbed.host.deliveries.find(({ payload }) => payload.includes(`"after":"${revision}"`))?.id,
    );
    const gitAnswers = Promise.withResolvers<void>();
    testbed.host.faults = { gitWaitsFor: gitAnswers.promise };
    const asked = testbed.host.server.requests.length;
    await testbed.host.redeliver(two);
    await testbed.until(() => testbed.host.server.requests.length > asked);
    for (const delivery of [three, two, three]) await testbed.host.redeliver(delivery);
    gitAnswers.resolve();
    const late = await testbed.logged(({ delivery, verdict }) => delivery === three && verdict !== undefined);
    expect(late).toMatchObject({ verdict: 'unchanged', requests: { git: 1 } });
    // Requests of a target are handled in order, so a further run for the others would end before that of this push.
    const last = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '4' }) });
    await testbed.outcome(last);
    const outcomes = testbed.log.filter(({ verdict }) => verdict !== undefined);
    expect(outcomes.slice(1, 3).map(({ delivery }) => delivery)).toEqual([two, three]);
    expect(outcomes.map(({ verdict, revision }) => [verdict, revision]).slice(1)).toEqual([
      ['deployed', revisions[1]],
      ['unchanged', revisions[1]],
      ['deployed', last],
    ]);
  });

  it('follows a force-push to an earlier commit', async () => {
    const first = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await testbed.outcome(first);
    await testbed.outcome(
      await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }), 'apps/b.yaml': configMap('b') }),
      'deployed',
    );
    await testbed.git('reset', '-q', '--hard', first);
    await testbed.git('push', '-q', '--force', 'origin', 'HEAD:main');
    await testbed.logged(
      (line) => line['verdict'] === 'deployed' && line['revision'] === first && line['previous'] !== null,
    );
    expect(await testbed.configMaps()).toEqual({ a: { v: '1' } });
  });

  it('follows a force-push back whose unsigned X-GitHub-Delivery header says sweep', async () => {
    const first = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await testbed.outcome(first);
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) }), 'deployed');
    testbed.host.faults = { lose: () => true };
    await testbed.git('reset', '-q', '--hard', first);
    await testbed.git('push', '-q', '--force', 'origin', 'HEAD:main');
    await testbed.host.settled();
    const signed = testbed.host.deliveries.at(-1)?.payload ?? '';
    const answer = await testbed.host.deliver('acme/fleet', signed, { 'x-github-delivery': 'sweep' });
    expect(answer.status).toBe(202);
    const line = await testbed.logged((each) => each['delivery'] === 'sweep' && each['verdict'] !== undefined);
    expect(line).toMatchObject({ verdict: 'deployed', revision: first });
    expect(await testbed.configMaps()).toEqual({ a: { v: '1' } });
  });

  it('leaves objects alone that are annotated create-only or ignore, and never prunes objects annotated against it', async () => {
    const note = (key: string, value: string) => `  annotations: { headgate.dev/${key}: "${value}" }\n`;
    await testbed.outcome(
      await testbed.push({
        'apps/once.yaml': configMap('once', { v: '1' }, note('apply', 'create-only')),
        'apps/not.yaml': configMap('not', { v: '1' }, note('apply', 'ignore')),
        'apps/kept.yaml': configMap('kept', { v: '1' }, note('prune', 'false')),
      }),
      'deployed',
    );
    expect(await testbed.configMaps()).toEqual({ once: { v: '1' }, kept: { v: '1' } });
    const second = await testbed.push({
      'apps/once.yaml': configMap('once', { v: '2' }, note('apply', 'create-only')),
      'apps/kept.yaml': null,
    });
    expect(await testbed.outcome(second)).toMatchObject({ pruned: 0 });
    expect(await testbed.configMaps()).toEqual({ once: { v: '1' }, kept: { v: '1' } });
    // Without the mark it is applied again.
    const third = await testbed.push({ 'apps/once.yaml': configMap('once', { v: '3' }) });
    expect(await testbed.outcome(third)).toMatchObject({ verdict: 'deployed', updated: 1 });
    expect(await testbed.configMaps()).toEqual({ once: { v: '3' }, kept: { v: '1' } });
  });

  it('still knows its objects when its state is deleted and the next push is refused', async () => {
    await testbed.outcome(
      await testbed.push({ 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b') }),
      'deployed',
    );
    await testbed.kubectl('-n', testbed.namespace, 'delete', 'configmap', `headgate-${testbed.namespace}`);
    await testbed.outcome(await testbed.push({ 'apps/bad.yaml': 'a: [' }), 'refused');
    const revision = await testbed.push({ 'apps/bad.yaml': null, 'apps/b.yaml': null });
    expect(await testbed.outcome(revision)).toMatchObject({ verdict: 'deployed', pruned: 1 });
    expect(Object.keys(await testbed.configMaps())).toEqual(['a']);
  });

  it('rebuilds its inventory from labels when its state is deleted, and prunes nothing by mistake', async () => {
    await testbed.outcome(
      await testbed.push({ 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b') }),
      'deployed',
    );
    await testbed.kubectl('-n', testbed.namespace, 'create', 'configmap', 'foreign');
    await testbed.kubectl('-n', testbed.namespace, 'delete', 'configmap', `headgate-${testbed.namespace}`);
    const revision = await testbed.push({ 'apps/b.yaml': null, 'apps/c.yaml': configMap('c') });
    expect(await testbed.outcome(revision)).toMatchObject({ created: 1, pruned: 1 });
    expect(Object.keys(await testbed.configMaps())).toEqual(['a', 'c', 'foreign']);
  });
});

describe('sweeps', () => {
  it('detect pushes without a delivery, and write nothing where nothing changed', async () => {
    testbed = await Testbed.build({ sweepIntervalMs: 300 });
    await testbed.start();
    testbed.host.faults = { lose: () => true };
    const revision = await testbed.push({ 'apps/a.yaml': configMap('a') });
    expect(await testbed.outcome(revision)).toMatchObject({ delivery: 'sweep', verdict: 'deployed' });

    const elsewhere = await testbed.push({ 'docs/README.md': 'words' });
    const version = async () =>
      (
        await testbed.kubectl(
          '-n',
          testbed.namespace,
          'get',
          'configmap',
          `headgate-${testbed.namespace}`,
          '-o',
          'jsonpath={.metadata.resourceVersion}',
        )
      ).trim();
    const before = await version();
    const looks = testbed.host.server.requests.filter(({ command }) => command === 'ls-refs').length;
    await testbed.until(
      () => testbed.host.server.requests.filter(({ command }) => command === 'ls-refs').length > looks + 2,
    );
    expect(await version()).toBe(before);
    expect(testbed.log.filter((line) => line['revision'] === elsewhere)).toEqual([]);
  });

  it('do not retry a run that failed because of a manifest', async () => {
    testbed = await Testbed.build({ sweepIntervalMs: 200 });
    await testbed.start();
    const revision = await testbed.push({ 'apps/a.yaml': configMap('a').replace('\ndata:', '\ndota:') });
    await testbed.outcome(revision, 'refused');
    const looks = testbed.host.server.requests.filter(({ command }) => command === 'ls-refs').length;
    await testbed.until(
      () => testbed.host.server.requests.filter(({ command }) => command === 'ls-refs').length > looks + 3,
    );
    // A sweep may see the push before its delivery comes, which always tries.
    const bySweeps = testbed.log.filter((line) => line['verdict'] === 'refused' && line['delivery'] === 'sweep');
    expect(bySweeps.length).toBeLessThanOrEqual(1);
  });

  it('deploy an unannounced rewind only when two sweeps have seen it', async () => {
    testbed = await Testbed.build({ sweepIntervalMs: 300 });
    await testbed.start();
    const first = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await testbed.outcome(first);
    const second = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    await testbed.outcome(second, 'deployed');
    const seen = testbed.log.length;
    testbed.host.faults = { lose: () => true };
    await testbed.git('reset', '-q', '--hard', first);
    await testbed.git('push', '-q', '--force', 'origin', 'HEAD:main');
    await testbed.logged(
      (line) =>
        testbed.log.indexOf(line) >= seen &&
        line['delivery'] === 'sweep' &&
        line['verdict'] === 'deployed' &&
        line['revision'] === first,
    );
    const runs = testbed.log
      .slice(seen)
      .filter((line) => line['delivery'] === 'sweep' && line['verdict'] !== undefined)
      .map((line) => line['verdict']);
    expect(runs.indexOf('deployed')).toBeGreaterThanOrEqual(1);
    expect(await testbed.configMaps()).toEqual({ a: { v: '1' } });
  });

  it('deploy no unannounced rewind for a run that another target or a check requests', async () => {
    testbed = await Testbed.build();
    await testbed.start();
    const first = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await testbed.outcome(first);
    const second = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    await testbed.outcome(second, 'deployed');
    testbed.host.faults = { lose: () => true };
    await testbed.git('reset', '-q', '--hard', first);
    await testbed.git('push', '-q', '--force', 'origin', 'HEAD:main');
    await testbed.stop();
    const runtime = testbed.runtime();
    const { signal } = new AbortController();
    const woken = { target: testbed.namespace, trigger: { kind: 'delivery', id: 'd' }, hint: null } as const;
    const run = () => runRequests([{ ...woken, at: new Date().toISOString() }], runtime, signal);
    expect([await run(), await run()]).toMatchObject([
      { kind: 'done', report: { verdict: 'unchanged' } },
      { kind: 'done', report: { verdict: 'unchanged' } },
    ]);
    expect(await testbed.configMaps()).toEqual({ a: { v: '2' } });
    const outcomeOfSweep = async () =>
      JSON.parse((await testbed.headgate('sweep', '--output', 'json')).stdout) as object[];
    expect(await outcomeOfSweep()).toMatchObject([{ verdict: 'unchanged' }]);
    expect(await outcomeOfSweep()).toMatchObject([{ verdict: 'deployed', revision: first }]);
    runtime.close();
  });
});

describe('a push to the path of one target', () => {
  it('deploys only that target', async () => {
    testbed = await Testbed.build({
      targets: [
        { name: 'one', path: 'one' },
        { name: 'two', path: 'two' },
      ],
    });
    await testbed.start();
    const revision = await testbed.push({ 'one/a.yaml': configMap('a'), 'two/b.yaml': configMap('b') });
    await testbed.logged(
      (line) => line['revision'] === revision && line['target'] === 'two' && line['verdict'] === 'deployed',
    );
    await testbed.logged(
      (line) => line['revision'] === revision && line['target'] === 'one' && line['verdict'] === 'deployed',
    );
    const edited = await testbed.push({ 'one/a.yaml': configMap('a', { v: '2' }) });
    expect(await testbed.outcome(edited)).toMatchObject({ target: 'one' });
    await testbed.host.settled();
    expect(JSON.parse(testbed.host.deliveries.at(-1)?.answer ?? '')).toMatchObject({ queued: ['one'] });
  });
});
