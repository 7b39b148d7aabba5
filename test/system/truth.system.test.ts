import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { House, configMap } from '../rig/house/house.ts';

let house: House;

afterEach(async () => {
  await house.tearDown();
});

describe('Git is the truth', () => {
  beforeEach(async () => {
    house = await House.build();
    await house.start();
  });

  it('heals by a revert what was applied half, also when an object had moved between files (§15 A4, E7)', async () => {
    await house.outcome(
      await house.push({ 'apps/a.yaml': configMap('moves', { v: '1' }), 'apps/b.yaml': configMap('b', { v: '1' }) }),
      'deployed',
    );
    // A policy that only the real write meets: the dry run passes, then one of the two is refused.
    await house.kubectl('-n', house.namespace, 'create', 'quota', 'few', '--hard=configmaps=6');
    await house.kubectl(
      '-n',
      house.namespace,
      'wait',
      '--for=jsonpath={.status.hard.configmaps}=6',
      'quota/few',
      '--timeout=30s',
    );
    const bad = await house.push({
      'apps/a.yaml': null,
      'apps/b.yaml': `${configMap('b', { v: '2' })}---\n${configMap('moves', { v: '2' })}`,
      ...Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`apps/more-${n}.yaml`, configMap(`more-${n}`)])),
    });
    expect((await house.outcome(bad))['verdict']).toMatch(/partial|refused/);
    await house.git('revert', '--no-edit', 'HEAD');
    const reverted = await house.commitAndPush();
    expect(await house.outcome(reverted)).toMatchObject({ verdict: 'deployed' });
    expect(await house.configMaps()).toEqual({ moves: { v: '1' }, b: { v: '1' } });
  });

  it('deploys nothing but the tip for a payload with a forged tree id', async () => {
    const first = await house.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await house.outcome(first);
    await house.git('checkout', '-q', '-b', 'evil');
    await house.write({ 'apps/a.yaml': configMap('a', { v: 'evil' }) });
    await house.git('commit', '-qam', 'evil');
    await house.git('push', '-q', 'origin', 'evil');
    const evilTree = await house.git('rev-parse', 'HEAD^{tree}');
    await house.git('checkout', '-q', 'main');
    const second = await house.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    await house.outcome(second, 'deployed');
    await house.host.settled();
    const payload = JSON.parse(house.host.deliveries.at(-1)?.payload ?? '') as { head_commit: { tree_id: string } };
    payload.head_commit.tree_id = evilTree;
    const answer = await house.host.deliver('acme/fleet', JSON.stringify(payload));
    expect(answer.status).toBe(202);
    await house.logged((line) => line['delivery'] === answer.id && line['verdict'] === 'unchanged');
    expect(await house.configMaps()).toEqual({ a: { v: '2' } });
  });

  it('writes nothing while another run holds the lease, and goes on when it has ended', async () => {
    await house.outcome(await house.push({ 'apps/a.yaml': configMap('a', { v: '1' }) }), 'deployed');
    const parent = (await house.get('configmap', `headgate-${house.namespace}`)) as unknown as {
      data: { state: string };
    };
    const untilMs = Date.now() + 3000;
    const state = { ...(JSON.parse(parent.data.state) as object), lease: { run: 'r', holder: 'another', untilMs } };
    await house.kubectl(
      '-n',
      house.namespace,
      'patch',
      'configmap',
      `headgate-${house.namespace}`,
      '-p',
      JSON.stringify({ data: { state: JSON.stringify(state) } }),
    );
    const revision = await house.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    expect(await house.outcome(revision, 'failed')).toMatchObject({
      errors: [expect.objectContaining({ code: 'lease-held' })],
    });
    expect(await house.configMaps()).toEqual({ a: { v: '1' } });
    await house.outcome(revision, 'deployed');
    expect(Date.now()).toBeGreaterThanOrEqual(untilMs);
    expect(await house.configMaps()).toEqual({ a: { v: '2' } });
  });

  it('asks Git once more, and not again and again, for a delivery that came late', async () => {
    const first = await house.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await house.outcome(first, 'deployed');
    await house.outcome(await house.push({ 'apps/a.yaml': configMap('a', { v: '2' }) }), 'deployed');
    const late = house.host.deliveries.find(({ payload }) => payload.includes(`"after":"${first}"`));
    house.log.length = 0;
    await house.host.redeliver(late?.id ?? '');
    const outcome = await house.logged(({ delivery, verdict }) => delivery === late?.id && verdict !== undefined);
    // The tip and both sides of its difference to what the delivery names; then: is the tip newer? One look, not four.
    expect(outcome).toMatchObject({ verdict: 'unchanged', requests: { kubernetes: 1, git: 5 } });
  });

  it('asks Git only for its tip for deliveries that waited while an earlier one brought it', async () => {
    await house.outcome(await house.push({ 'apps/a.yaml': configMap('a', { v: '1' }) }), 'deployed');
    house.host.faults = { lose: () => true };
    const [two, three] = [
      await house.push({ 'apps/a.yaml': configMap('a', { v: '2' }) }),
      await house.push({ 'apps/a.yaml': configMap('a', { v: '3' }) }),
    ];
    house.host.faults = {};
    const sent = [two, three].map((revision) =>
      house.host.deliveries.find(({ payload }) => payload.includes(`"after":"${revision}"`)),
    );
    await Promise.all([...sent, ...sent].map((delivery) => house.host.redeliver(delivery?.id ?? '')));
    await house.until(() => house.log.filter(({ verdict }) => verdict !== undefined).length === 5);
    const [first, ...late] = house.log.filter(({ verdict }) => verdict !== undefined).slice(1);
    expect(first).toMatchObject({ verdict: 'deployed', revision: three });
    const asked = late.map(({ delivery, requests }) => [delivery, (requests as { git: number }).git]);
    // And of a commit that is not the tip, whether the tip is newer.
    for (const [delivery, git] of asked) expect(git).toBe(delivery === sent[1]?.id ? 1 : 2);
  });

  it('follows a force-push back', async () => {
    const first = await house.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await house.outcome(first);
    await house.outcome(
      await house.push({ 'apps/a.yaml': configMap('a', { v: '2' }), 'apps/b.yaml': configMap('b') }),
      'deployed',
    );
    await house.git('reset', '-q', '--hard', first);
    await house.git('push', '-q', '--force', 'origin', 'HEAD:main');
    await house.logged(
      (line) => line['verdict'] === 'deployed' && line['revision'] === first && line['previous'] !== null,
    );
    expect(await house.configMaps()).toEqual({ a: { v: '1' } });
  });

  it('follows a force-push back whose unsigned X-GitHub-Delivery header says sweep', async () => {
    const first = await house.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await house.outcome(first);
    await house.outcome(await house.push({ 'apps/a.yaml': configMap('a', { v: '2' }) }), 'deployed');
    house.host.faults = { lose: () => true };
    await house.git('reset', '-q', '--hard', first);
    await house.git('push', '-q', '--force', 'origin', 'HEAD:main');
    await house.host.settled();
    const signed = house.host.deliveries.at(-1)?.payload ?? '';
    const answer = await house.host.deliver('acme/fleet', signed, { 'x-github-delivery': 'sweep' });
    expect(answer.status).toBe(202);
    const line = await house.logged((each) => each['delivery'] === 'sweep' && each['verdict'] !== undefined);
    expect(line).toMatchObject({ verdict: 'deployed', revision: first });
    expect(await house.configMaps()).toEqual({ a: { v: '1' } });
  });

  it('leaves alone what is marked create-only or ignore, and never prunes what says so', async () => {
    const note = (key: string, value: string) => `  annotations: { headgate.dev/${key}: "${value}" }\n`;
    await house.outcome(
      await house.push({
        'apps/once.yaml': configMap('once', { v: '1' }, note('apply', 'create-only')),
        'apps/not.yaml': configMap('not', { v: '1' }, note('apply', 'ignore')),
        'apps/kept.yaml': configMap('kept', { v: '1' }, note('prune', 'false')),
      }),
      'deployed',
    );
    expect(await house.configMaps()).toEqual({ once: { v: '1' }, kept: { v: '1' } });
    const second = await house.push({
      'apps/once.yaml': configMap('once', { v: '2' }, note('apply', 'create-only')),
      'apps/kept.yaml': null,
    });
    expect(await house.outcome(second)).toMatchObject({ pruned: 0 });
    expect(await house.configMaps()).toEqual({ once: { v: '1' }, kept: { v: '1' } });
    // Without the mark it is applied again (§15 A7).
    const third = await house.push({ 'apps/once.yaml': configMap('once', { v: '3' }) });
    expect(await house.outcome(third)).toMatchObject({ verdict: 'deployed', updated: 1 });
    expect(await house.configMaps()).toEqual({ once: { v: '3' }, kept: { v: '1' } });
  });

  it('still knows what it owns when its state is deleted and the next push is refused', async () => {
    await house.outcome(await house.push({ 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b') }), 'deployed');
    await house.kubectl('-n', house.namespace, 'delete', 'configmap', `headgate-${house.namespace}`);
    await house.outcome(await house.push({ 'apps/bad.yaml': 'a: [' }), 'refused');
    const revision = await house.push({ 'apps/bad.yaml': null, 'apps/b.yaml': null });
    expect(await house.outcome(revision)).toMatchObject({ verdict: 'deployed', pruned: 1 });
    expect(Object.keys(await house.configMaps())).toEqual(['a']);
  });

  it('rebuilds its inventory from the labels when its state is deleted, and prunes nothing by mistake', async () => {
    await house.outcome(await house.push({ 'apps/a.yaml': configMap('a'), 'apps/b.yaml': configMap('b') }), 'deployed');
    await house.kubectl('-n', house.namespace, 'create', 'configmap', 'foreign');
    await house.kubectl('-n', house.namespace, 'delete', 'configmap', `headgate-${house.namespace}`);
    const revision = await house.push({ 'apps/b.yaml': null, 'apps/c.yaml': configMap('c') });
    expect(await house.outcome(revision)).toMatchObject({ created: 1, pruned: 1 });
    expect(Object.keys(await house.configMaps())).toEqual(['a', 'c', 'foreign']);
  });
});

describe('sweeps', () => {
  it('find what no delivery announced, and write nothing where nothing changed', async () => {
    house = await House.build({ sweepIntervalMs: 300 });
    await house.start();
    house.host.faults = { lose: () => true };
    const revision = await house.push({ 'apps/a.yaml': configMap('a') });
    expect(await house.outcome(revision)).toMatchObject({ delivery: 'sweep', verdict: 'deployed' });

    const elsewhere = await house.push({ 'docs/README.md': 'words' });
    const version = async () =>
      (
        await house.kubectl(
          '-n',
          house.namespace,
          'get',
          'configmap',
          `headgate-${house.namespace}`,
          '-o',
          'jsonpath={.metadata.resourceVersion}',
        )
      ).trim();
    const before = await version();
    const looks = house.host.server.requests.filter(({ command }) => command === 'ls-refs').length;
    await house.until(
      () => house.host.server.requests.filter(({ command }) => command === 'ls-refs').length > looks + 2,
    );
    expect(await version()).toBe(before);
    expect(house.log.filter((line) => line['revision'] === elsewhere)).toEqual([]);
  });

  it('do not repeat every minute what a manifest is to blame for', async () => {
    house = await House.build({ sweepIntervalMs: 200 });
    await house.start();
    const revision = await house.push({ 'apps/a.yaml': configMap('a').replace('\ndata:', '\ndota:') });
    await house.outcome(revision, 'refused');
    const looks = house.host.server.requests.filter(({ command }) => command === 'ls-refs').length;
    await house.until(
      () => house.host.server.requests.filter(({ command }) => command === 'ls-refs').length > looks + 3,
    );
    // A sweep may see the push before its delivery comes, which always tries.
    const bySweeps = house.log.filter((line) => line['verdict'] === 'refused' && line['delivery'] === 'sweep');
    expect(bySweeps.length).toBeLessThanOrEqual(1);
  });

  it('deploy a rewind that nobody announced only when they see it twice', async () => {
    house = await House.build({ sweepIntervalMs: 300 });
    await house.start();
    const first = await house.push({ 'apps/a.yaml': configMap('a', { v: '1' }) });
    await house.outcome(first);
    const second = await house.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
    await house.outcome(second, 'deployed');
    const seen = house.log.length;
    house.host.faults = { lose: () => true };
    await house.git('reset', '-q', '--hard', first);
    await house.git('push', '-q', '--force', 'origin', 'HEAD:main');
    await house.logged(
      (line) =>
        house.log.indexOf(line) >= seen &&
        line['delivery'] === 'sweep' &&
        line['verdict'] === 'deployed' &&
        line['revision'] === first,
    );
    const runs = house.log
      .slice(seen)
      .filter((line) => line['delivery'] === 'sweep' && line['verdict'] !== undefined)
      .map((line) => line['verdict']);
    expect(runs.indexOf('deployed')).toBeGreaterThanOrEqual(1);
    expect(await house.configMaps()).toEqual({ a: { v: '1' } });
  });
});

describe('a path that another target reads', () => {
  it('concerns only the target whose path changed', async () => {
    house = await House.build({
      targets: [
        { name: 'one', path: 'one' },
        { name: 'two', path: 'two' },
      ],
    });
    await house.start();
    const revision = await house.push({ 'one/a.yaml': configMap('a'), 'two/b.yaml': configMap('b') });
    await house.logged(
      (line) => line['revision'] === revision && line['target'] === 'two' && line['verdict'] === 'deployed',
    );
    await house.logged(
      (line) => line['revision'] === revision && line['target'] === 'one' && line['verdict'] === 'deployed',
    );
    const edited = await house.push({ 'one/a.yaml': configMap('a', { v: '2' }) });
    expect(await house.outcome(edited)).toMatchObject({ target: 'one' });
    await house.host.settled();
    expect(JSON.parse(house.host.deliveries.at(-1)?.answer ?? '')).toMatchObject({ queued: ['one'] });
  });
});
