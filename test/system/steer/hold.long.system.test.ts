import { afterEach, describe, expect, it, vi } from 'vitest';
import { sweep } from '../../../src/deploy/sweep.ts';
import { sweepDrift } from '../../../src/deploy/drift/detect-drift.ts';
import { Testbed, configMap } from '../../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

async function build(target: Readonly<Record<string, unknown>> = {}, sweepIntervalMs = 3_600_000): Promise<void> {
  testbed = await Testbed.build({ target, sweepIntervalMs });
  testbed.env['USER'] = 'jo';
  await testbed.start();
}

const WITHIN = { timeout: 30_000, interval: 50 };
const deployed = async (revision: string) => testbed.outcome(revision, 'deployed');
const push = (v: string) => testbed.push({ 'apps/a.yaml': configMap('a', { v }) });
const value = async () => (await testbed.configMaps())['a']?.['v'];

function statuses(revision: string): readonly (readonly [string, string])[] {
  return testbed.host.statusesOf(revision).map(({ state, description }) => [state, description]);
}

async function lastStatus(revision: string, matching: RegExp): Promise<void> {
  await vi.waitFor(() => expect(statuses(revision).at(-1)?.join(' ')).toMatch(matching), WITHIN);
}

async function eventsOf(): Promise<readonly string[]> {
  const list = JSON.parse(await testbed.kubectl('-n', testbed.namespace, 'get', 'events', '-o', 'json')) as {
    items: { reason: string; message: string }[];
  };
  return list.items.map(({ reason, message }) => `${reason} ${message}`);
}

async function swept(): Promise<readonly string[]> {
  const runtime = testbed.runtime();
  try {
    return (await sweep(runtime, AbortSignal.timeout(30_000))).map(({ target }) => target);
  } finally {
    runtime.close();
  }
}

describe('a held target', () => {
  it('deploys nothing, leaves pushes pending with the reason, and deploys the tip on release', async () => {
    await build();
    const first = await push('1');
    await deployed(first);
    const held = await testbed.headgate('hold', testbed.namespace, '--reason', 'incident 4711');
    expect(held.code).toBe(0);
    expect(held.stdout).toMatch(/: held by jo since \w{3} \d+ \d\d:\d\d UTC: incident 4711 \(at [0-9a-f]{12}\)\n$/);

    const second = await push('2');
    await lastStatus(second, /^pending held by jo since .* UTC: incident 4711$/);
    const third = await push('3');
    await lastStatus(third, /^pending held by jo/);
    await lastStatus(second, /^error superseded by/);
    expect(await value()).toBe('1');
    expect(await swept()).toEqual([]);

    const refused = await testbed.headgate('deploy', testbed.namespace);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/held by jo since .*incident 4711/)]);
    const planned = await testbed.headgate('plan', testbed.namespace);
    expect([planned.code, planned.stdout]).toEqual([2, expect.stringMatching(/waiting: held by jo since/)]);
    expect((await testbed.headgate('status')).stdout).toMatch(/held: .* held by jo since .*incident 4711/);

    const released = await testbed.headgate('release', testbed.namespace);
    expect([released.code, released.stdout]).toEqual([0, expect.stringContaining('1 updated, ready')]);
    expect(await value()).toBe('3');
    await lastStatus(third, /^success 1 updated/);
    // As after a command that was killed.
    expect((await testbed.headgate('release', testbed.namespace)).code).toBe(0);
    expect(await eventsOf()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Held held by jo/),
        expect.stringMatching(/^HoldEnded ended by jo/),
      ]),
    );
  }, 120_000);

  it('leaves no commit pending that a push with a lost delivery takes back', async () => {
    await build({}, 300);
    await deployed(await push('1'));
    await testbed.headgate('hold', testbed.namespace, '--reason', 'incident 4711');
    const held = await push('2');
    await lastStatus(held, /^pending held by jo/);
    testbed.host.faults = { lose: () => true };
    const back = await push('1');
    await lastStatus(held, new RegExp(`^error superseded by ${back.slice(0, 7)}`));
    await vi.waitFor(async () => expect(await swept()).toEqual([]), WITHIN);
  });

  it('is still corrected when it drifts, to what is held', async () => {
    await build();
    await deployed(await push('1'));
    await testbed.headgate('hold', testbed.namespace, '--reason', 'incident');
    await lastStatus(await push('2'), /^pending held/);
    await testbed.kubectl('-n', testbed.namespace, 'patch', 'configmap', 'a', '-p', '{"data":{"v":"by hand"}}');
    const runtime = testbed.runtime();
    const found = await sweepDrift(runtime, AbortSignal.timeout(30_000));
    runtime.close();
    expect(found).toHaveLength(1);
    expect((await testbed.headgate('sweep')).code).toBe(0);
    expect(await value()).toBe('1');
  }, 120_000);

  it('is put at another commit and kept there, also when its files change', async () => {
    await build();
    const first = await push('1');
    await deployed(first);
    const second = await push('2');
    await deployed(second);
    const held = await testbed.headgate('hold', testbed.namespace, '--reason', 'bad release', '--at', first);
    expect([held.code, held.stdout]).toEqual([0, expect.stringContaining(`deployed at ${first.slice(0, 12)}`)]);
    expect(await value()).toBe('1');
    // What the commits were reported as stays.
    expect(statuses(second).at(-1)?.[0]).toBe('success');
    expect(statuses(first).at(-1)?.[0]).toBe('success');
    await lastStatus(await push('3'), /^pending held by jo since .*: bad release$/);
    expect(await value()).toBe('1');
    expect(await swept()).toEqual([]);
  }, 120_000);

  it('refuses a commit that was neither deployed nor is on the branch', async () => {
    await build();
    await deployed(await push('1'));
    await testbed.git('checkout', '-q', '-b', 'other');
    await testbed.write({ 'apps/a.yaml': configMap('a', { v: 'never on main' }) });
    await testbed.git('commit', '-qam', 'other');
    await testbed.git('push', '-q', 'origin', 'other');
    const other = await testbed.git('rev-parse', 'HEAD');
    const held = await testbed.headgate('hold', testbed.namespace, '--reason', 'x', '--at', other);
    expect([held.code, held.stderr]).toEqual([64, expect.stringContaining('this commit was not deployed to')]);
    expect((await testbed.headgate('status')).stdout).not.toContain('held:');
  }, 120_000);

  it('deploys the tip by itself when the hold runs out', async () => {
    await build({}, 500);
    await deployed(await push('1'));
    await testbed.headgate('hold', testbed.namespace, '--reason', 'lunch', '--until', '6s');
    const second = await push('2');
    await lastStatus(second, /^pending held by jo/);
    await deployed(second);
    expect(await value()).toBe('2');
    expect(await eventsOf()).toEqual(expect.arrayContaining([expect.stringMatching(/^HoldEnded ended by headgate/)]));
  }, 120_000);

  it('gets back to the last commit that was ready by a rollback', async () => {
    await build();
    const first = await push('1');
    await deployed(first);
    const second = await push('2');
    await deployed(second);
    const back = await testbed.headgate('rollback', testbed.namespace);
    expect([back.code, back.stdout]).toEqual([0, expect.stringMatching(/rolled back from [0-9a-f]{7} \(at /)]);
    expect(await value()).toBe('1');
    expect((await testbed.headgate('rollback', testbed.namespace, '--to', second)).code).toBe(0);
    expect(await value()).toBe('2');
    expect((await testbed.headgate('release', testbed.namespace)).code).toBe(0);
  }, 120_000);
});

const deployment = (image: string, nodeSelector = {}) =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      progressDeadlineSeconds: 600,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { nodeSelector, containers: [{ name: 'app', image }] } },
    },
  });

describe('a target with onFailure: rollback', () => {
  it('is put back once when a push does not become ready in time, and held there', async () => {
    await build({ wait: '8s', onFailure: 'rollback' });
    const first = await testbed.push({ 'apps/web.yaml': deployment('example.com/web:1') });
    await lastStatus(first, /^success .* ready in/);
    const second = await testbed.push({ 'apps/web.yaml': deployment('example.com/web:2', { nowhere: 'true' }) });
    await lastStatus(second, /^failure/);
    await testbed.logged(({ message, by }) => message === 'held' && by === 'headgate');
    await vi.waitFor(async () => {
      const web = await testbed.get('deployment', 'web');
      expect(JSON.stringify(web)).toContain('example.com/web:1');
    }, WITHIN);
    expect(statuses(second).at(-1)?.[0]).toBe('failure');
    const third = await testbed.push({ 'apps/web.yaml': deployment('example.com/web:3') });
    await lastStatus(third, /^pending held by headgate since .*: [0-9a-f]{7} did not become ready in time$/);
    expect(testbed.log.filter(({ message }) => message === 'held')).toHaveLength(1);
  }, 180_000);
});
