import { afterEach, describe, expect, it } from 'vitest';
import { sweepDrift } from '../../src/deploy/drift/detect-drift.ts';
import { runRequests } from '../../src/deploy/requests/run-requests.ts';
import { sweep } from '../../src/deploy/sweep.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';
import type { LogLine } from '../rig/testbed/testbed.ts';

let testbed: Testbed;

afterEach(async () => {
  await testbed.tearDown();
});

/** Each directory below clusters/CLUSTER/apps is a target; only cluster lab and the testbed's namespace are allowed. */
const APPS = {
  name: '{{basename}}-NAMESPACE',
  path: undefined,
  cluster: '{{cluster}}',
  forEach: { directories: 'clusters/*/apps/*', clusters: ['lab'], namespaces: ['NAMESPACE'] },
  prune: { empty: true },
};
const RULE = '{{basename}}-NAMESPACE';

const at = (app: string, file = 'map.yaml') => `clusters/lab/apps/${app}/${file}`;
const named = (app: string) => `${app}-${testbed.namespace}`;
const app = (name: string, data: Readonly<Record<string, string>> = {}) => ({ [at(name)]: configMap(name, data) });

async function start(target: Readonly<Record<string, unknown>> = APPS, ...more: (typeof target)[]): Promise<void> {
  testbed = await Testbed.build({ targets: [target, ...more] });
  await testbed.start();
}

/** The outcome of a commit for one target of the template. */
function outcome(revision: string, name: string, verdict: string): Promise<LogLine> {
  return testbed.logged(
    (line) => line['revision'] === revision && line['target'] === name && line['verdict'] === verdict,
  );
}

/** Whom the delivery of a commit was queued for: the answer to the webhook comes before any work. */
async function queuedBy(push: Promise<string>): Promise<{ revision: string; queued: readonly unknown[] }> {
  const before = testbed.log.length;
  const revision = await push;
  await testbed.until(() => testbed.log.slice(before).some(({ message }) => message === 'receive'));
  const received = testbed.log.slice(before).filter(({ message }) => message === 'receive');
  return { revision, queued: received.map((line) => line['target']) };
}

function statusOf(revision: string, name: string): string | undefined {
  const found = testbed.host.statusesOf(revision).filter(({ context }) => context === `headgate/${name}`);
  return found.map(({ state, description }) => `${state} ${description}`).at(-1);
}

/** Runs what a look asks for, as `serve` would when its time has come. */
async function runAll(look: typeof sweep): Promise<readonly string[]> {
  const runtime = testbed.runtime();
  const signal = AbortSignal.timeout(30_000);
  try {
    const requests = await look(runtime, signal);
    for (const request of requests) await runRequests([request], runtime, signal);
    return requests.map(({ target }) => target);
  } finally {
    runtime.close();
  }
}

describe('a target template', () => {
  it('generates a target from an added directory, and queues only the targets that a push concerns', async () => {
    await start();
    const first = await queuedBy(testbed.push({ ...app('shop'), ...app('blog') }));
    await Promise.all(['shop', 'blog'].map((name) => outcome(first.revision, named(name), 'deployed')));
    expect(Object.keys(await testbed.configMaps())).toEqual(['blog', 'shop']);

    const added = await queuedBy(testbed.push(app('mail')));
    expect(added.queued).toEqual([named('mail')]);
    await outcome(added.revision, named('mail'), 'deployed');
    expect(Object.keys(await testbed.configMaps())).toEqual(['blog', 'mail', 'shop']);
    await testbed.until(() => statusOf(added.revision, named('mail'))?.startsWith('success 1 created') === true);

    const changed = await queuedBy(testbed.push(app('shop', { color: 'blue' })));
    expect(changed.queued).toEqual([named('shop')]);
    const edited = await outcome(changed.revision, named('shop'), 'deployed');
    expect(edited).toMatchObject({ created: 0, updated: 1, requests: { git: 4 } });

    // A base: everybody is asked, and who is current costs one request.
    const base = await queuedBy(testbed.push({ 'base/labels.yaml': 'a: b\n' }));
    expect(base.queued).toEqual([RULE.replace('NAMESPACE', testbed.namespace)]);
    for (const name of ['shop', 'blog', 'mail']) {
      const current = await outcome(base.revision, named(name), 'unchanged');
      expect(current).toMatchObject({ requests: { kubernetes: 1 } });
    }
    const expanded = testbed.log.filter((line) => line.message === 'expanded' && line['revision'] === base.revision);
    expect(expanded).toMatchObject([{ queued: ['blog', 'mail', 'shop'].map((name) => named(name)) }]);
  });

  it('reads the directories when a push does not list its files, and after a lost delivery', async () => {
    await start();
    const name = RULE.replace('NAMESPACE', testbed.namespace);
    const first = await testbed.push(app('shop'));
    await outcome(first, named('shop'), 'deployed');

    await testbed.write({
      ...app('blog'),
      'clusters/lab/apps/README.md': 'no directory\n',
      [`clusters/.x/apps/a/a.yaml`]: '',
    });
    await testbed.git('add', '-A');
    await testbed.git('commit', '-q', '--amend', '-m', 'again');
    const forced = await queuedBy(testbed.commitAndPush('--force'));
    expect(forced.queued).toEqual([name]);
    await outcome(forced.revision, named('blog'), 'deployed');
    await outcome(forced.revision, named('shop'), 'unchanged');
    const asked = await testbed.logged(
      ({ message, revision }) => message === 'expanded' && revision === forced.revision,
    );
    // The tip, its commit, and one request for the trees of each level, however many files there are.
    expect(asked).toMatchObject({ queued: [named('blog'), named('shop')], requests: { git: 6 } });

    testbed.host.faults = { lose: () => true };
    const lost = await testbed.push({ ...app('mail'), ...app('shop', { color: 'blue' }) });
    testbed.host.faults = {};
    expect(await runAll(sweep)).toEqual([named('mail'), named('shop')]);
    await Promise.all(['mail', 'shop'].map((each) => outcome(lost, named(each), 'deployed')));
    expect(await runAll(sweep)).toEqual([]);
  });

  it('refuses a directory that resolves to a cluster or namespace outside its lists, on the commit and without a request to a cluster', async () => {
    await start();
    await outcome(await testbed.push(app('shop')), named('shop'), 'deployed');
    const wrong = {
      'clusters/dev/apps/shop/map.yaml': configMap('wrong'),
      [at('Upper')]: configMap('wrong'),
      ...app('blog'),
    };
    const { revision, queued } = await queuedBy(testbed.push(wrong));
    expect(new Set(queued)).toEqual(new Set([named('Upper'), named('blog'), named('shop')]));
    // Of its own accord it goes by the name of the one on cluster lab, which is another directory.
    expect(await outcome(revision, named('shop'), 'refused')).toMatchObject({
      level: 'warn',
      repository: 'fleet',
      created: 0,
      failed: 0,
      stagesMs: {},
      requests: { kubernetes: 0, host: 1 },
      errors: [{ code: 'cluster-not-allowed', subject: 'clusters/dev/apps/shop' }],
    });
    expect(await outcome(revision, named('Upper'), 'refused')).toMatchObject({ errors: [{ code: 'name-invalid' }] });
    await outcome(revision, named('blog'), 'deployed');
    expect(statusOf(revision, named('shop'))).toBe(
      'failure clusters/dev/apps/shop resolves to cluster dev, which is not listed in forEach.clusters at headgate.yml:1',
    );
    expect(statusOf(revision, named('Upper'))).toMatch(/^failure clusters\/lab\/apps\/Upper resolves to Upper-t-/);
    expect(Object.keys(await testbed.configMaps())).toEqual(['blog', 'shop']);
    expect(await testbed.auditOf(named('Upper'))).toEqual([]);

    // A sweep names both in one line, and asks for nothing.
    expect(await runAll(sweep)).toEqual([]);
    expect(testbed.log.filter(({ message, delivery }) => message === 'refused' && delivery === 'sweep')).toMatchObject([
      { level: 'warn', directories: ['clusters/dev/apps/shop', 'clusters/lab/apps/Upper'] },
    ]);
    const checked = await testbed.headgate('check');
    expect(checked.code).toBe(1);
    expect(checked.stdout).toMatch(
      /directory +clusters\/lab\/apps\/blog +ok +target blog-t-\S+ on cluster lab, namespace/,
    );
    expect(checked.stdout).toMatch(/directory +clusters\/dev\/apps\/shop +FAILED +resolves to cluster dev/);
    // Once it is gone there is nothing to say, and nothing left over.
    const fixed = await testbed.push({ 'clusters/dev': null, 'clusters/lab/apps/Upper': null });
    await testbed.logged(
      ({ message, reason }) => message === 'ignored' && reason === 'clusters/dev/apps/shop no longer exists',
    );
    expect(statusOf(fixed, named('Upper'))).toBeUndefined();
  });

  it('deploys nothing from a path that two templates claim, and names both templates', async () => {
    const other = { ...APPS, name: 'other-{{cluster}}-NAMESPACE', path: 'clusters/{{cluster}}/apps/shop' };
    await start(APPS, { ...other, forEach: { ...APPS.forEach, directories: 'clusters/*' } });
    const revision = await testbed.push({ ...app('shop'), ...app('blog') });
    const claim = {
      code: 'path-claimed',
      subject: 'clusters/lab/apps/shop',
      message: expect.stringContaining('(headgate.yml:1) and by template') as string,
    };
    for (const name of [named('shop'), `other-lab-${testbed.namespace}`]) {
      expect(await outcome(revision, name, 'refused')).toMatchObject({ errors: [claim] });
      expect(statusOf(revision, name)).toMatch(/^failure clusters\/lab\/apps\/shop is claimed by template/);
    }
    await outcome(revision, named('blog'), 'deployed');
    expect(Object.keys(await testbed.configMaps())).toEqual(['blog']);
  });

  it('refuses a second directory that resolves to the name of a deployed target, whose state stays as it is', async () => {
    const directories = 'teams/*/*';
    await start({ ...APPS, cluster: 'lab', forEach: { ...APPS.forEach, directories } });
    const first = await testbed.push({ 'teams/a/shop/map.yaml': configMap('of-a') });
    await outcome(first, named('shop'), 'deployed');
    const second = await testbed.push({ 'teams/b/shop/map.yaml': configMap('of-b') });
    expect(await outcome(second, named('shop'), 'refused')).toMatchObject({
      errors: [
        { code: 'name-taken', message: `resolves to target name ${named('shop')}, already used by teams/a/shop` },
      ],
    });
    expect(Object.keys(await testbed.configMaps())).toEqual(['of-a']);
    expect(await runAll(sweep)).toEqual([]);
    // Moved from one to the other in one push, it is the same target: the objects stay and change their file.
    const moved = await testbed.push({ 'teams/a': null, 'teams/b/shop/map.yaml': configMap('of-a', { team: 'b' }) });
    expect(await outcome(moved, named('shop'), 'deployed')).toMatchObject({ created: 0, updated: 1, pruned: 0 });
    expect(await testbed.configMaps()).toEqual({ 'of-a': { team: 'b' } });
    await testbed.until(() => statusOf(moved, named('shop'))?.startsWith('success') === true);
  });

  it('reads a path below its directories, and refuses a directory without that path, even if it may be empty', async () => {
    await start({ ...APPS, path: 'clusters/{{cluster}}/apps/{{basename}}/deploy' });
    const first = await testbed.push({
      [at('shop', 'deploy/map.yaml')]: configMap('shop'),
      [at('shop')]: configMap('no'),
    });
    await outcome(first, named('shop'), 'deployed');
    const revision = await testbed.push({ [at('shop', 'deploy')]: null, [at('blog')]: configMap('no') });
    for (const name of ['shop', 'blog']) {
      expect(await outcome(revision, named(name), 'refused')).toMatchObject({
        errors: [{ code: 'path-missing', subject: `clusters/lab/apps/${name}/deploy` }],
      });
    }
    expect(Object.keys(await testbed.configMaps())).toEqual(['shop']);
    expect(await testbed.get('configmap', `headgate-${named('blog')}`)).toBeNull();
  });

  it('is not blocked by a directory whose name a queue does not accept', async () => {
    await start();
    const wrong = 'clusters/lab/apps/\uffff\u0085 x/map.yaml';
    const revision = await testbed.push({ ...app('shop'), [wrong]: configMap('no') });
    await outcome(revision, named('shop'), 'deployed');
    expect(await outcome(revision, `???x-${testbed.namespace}`, 'refused')).toMatchObject({
      errors: [{ code: 'name-invalid' }, { code: 'path-not-allowed' }],
    });
    const { queued } = await queuedBy(
      testbed.push({ ...app('shop', { color: 'blue' }), [wrong]: configMap('still-no') }),
    );
    expect(queued).toHaveLength(2);
  });
});

describe('a directory that was removed', () => {
  it('deletes nothing until the printed command confirms it', async () => {
    await start();
    await outcome(await testbed.push({ ...app('shop'), ...app('blog') }), named('shop'), 'deployed');
    const { revision, queued } = await queuedBy(testbed.push({ 'clusters/lab/apps/shop': null }));
    expect(queued).toEqual([named('shop')]);
    const refused = await outcome(revision, named('shop'), 'refused');
    const command = `headgate uninstall ${named('shop')} --cluster lab --namespace ${testbed.namespace}`;
    expect(refused).toMatchObject({
      pruned: 0,
      errors: [{ code: 'path-missing', remedy: expect.stringContaining(command) as string }],
    });
    expect(statusOf(revision, named('shop'))).toMatch(
      /^failure clusters\/lab\/apps\/shop does not exist at [0-9a-f]{12}/,
    );
    expect(Object.keys(await testbed.configMaps())).toEqual(['blog', 'shop']);
    // Neither a sweep nor a look for drift touches it.
    expect([...(await runAll(sweep)), ...(await runAll(sweepDrift))]).toEqual([]);

    const status = await testbed.headgate('status');
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining(`To remove it: ${command}`) as string });
    expect(status.stdout).toMatch(new RegExp(`^${named('blog')} `, 'm'));
    const unknown = await testbed.headgate('deploy', named('shop'));
    expect(unknown).toMatchObject({ code: 64, stderr: expect.stringContaining('headgate uninstall NAME') as string });

    const done = await testbed.headgate('--yes', ...command.split(' ').slice(1));
    expect(done.stdout).toContain('1 deleted');
    expect(Object.keys(await testbed.configMaps())).toEqual(['blog']);
    expect((await testbed.headgate('status')).stdout).not.toContain('left over');
    // Back in Git, it is an environment again.
    await outcome(await testbed.push(app('shop')), named('shop'), 'deployed');
    expect(Object.keys(await testbed.configMaps())).toEqual(['blog', 'shop']);
  });

  it('and renamed is another target, which takes over the objects with the command that its refusal prints', async () => {
    await start();
    const deployed = await testbed.push({ [at('shop')]: configMap('shop', { color: 'red' }) });
    await outcome(deployed, named('shop'), 'deployed');
    const uid = async () => (await testbed.get('configmap', 'shop'))?.['metadata'];
    const before = await uid();
    const renamed = await testbed.push({
      'clusters/lab/apps/shop': null,
      [at('store')]: configMap('shop', { color: 'red' }),
    });
    await outcome(renamed, named('shop'), 'refused');
    const command = `headgate uninstall ${named('shop')} --keep --cluster lab --namespace ${testbed.namespace}`;
    expect(await outcome(renamed, named('store'), 'refused')).toMatchObject({
      errors: [{ code: 'foreign-owner', remedy: expect.stringContaining(command) as string }],
    });
    expect(await testbed.headgate('--yes', ...command.split(' ').slice(1))).toMatchObject({ code: 0 });
    await outcome(await testbed.push({ [at('store', 'b.yaml')]: configMap('b') }), named('store'), 'deployed');
    expect(await uid()).toMatchObject({ uid: (before as { uid: string }).uid });
    expect(Object.keys(await testbed.configMaps())).toEqual(['b', 'shop']);
  });

  it('leaves no target when it was never deployed', async () => {
    await start();
    await outcome(await testbed.push(app('shop')), named('shop'), 'deployed');
    testbed.host.faults = { lose: () => true };
    await testbed.push(app('blog'));
    testbed.host.faults = {};
    const gone = await testbed.push({ 'clusters/lab/apps/blog': null });
    expect(await outcome(gone, named('blog'), 'unchanged')).toMatchObject({ errors: [], previous: null });
    expect(await testbed.get('configmap', `headgate-${named('blog')}`)).toBeNull();
  });
});

describe('a generated target', () => {
  it('is planned, deployed, shown, corrected and uninstalled under its name', async () => {
    await start();
    const revision = await testbed.push(app('shop', { color: 'red' }));
    await outcome(revision, named('shop'), 'deployed');
    await testbed.kubectl('-n', testbed.namespace, 'patch', 'configmap', 'shop', '-p', '{"data":{"color":"pink"}}');
    expect(await runAll(sweepDrift)).toEqual([named('shop')]);
    expect(await testbed.configMaps()).toEqual({ shop: { color: 'red' } });

    testbed.host.faults = { lose: () => true };
    await testbed.push(app('shop', { color: 'blue' }));
    testbed.host.faults = {};
    const planned = await testbed.headgate('plan', named('shop'), '--output', 'json');
    expect(planned.code).toBe(2);
    expect(JSON.parse(planned.stdout)).toMatchObject({
      changes: [{ op: 'update', name: 'shop', source: `${at('shop')}:1` }],
    });
    expect(await testbed.headgate('deploy', named('shop'))).toMatchObject({ code: 0 });
    expect(await testbed.configMaps()).toEqual({ shop: { color: 'blue' } });
    const status = await testbed.headgate('status', named('shop'), '--output', 'json');
    expect(JSON.parse(status.stdout)).toMatchObject([
      { target: named('shop'), verdict: 'deployed', readiness: 'ready' },
    ]);
    expect(await testbed.headgate('--yes', 'uninstall', named('shop'))).toMatchObject({ code: 0 });
    expect(await testbed.configMaps()).toEqual({});
    expect(await testbed.headgate('sweep')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(named('shop')) as string,
    });
    expect(await testbed.configMaps()).toEqual({ shop: { color: 'blue' } });
  });

  it('waits for the target that its template depends on, and is deployed with all others once that is ready', async () => {
    await start({ name: 'NAMESPACE', path: 'infra' }, { ...APPS, dependsOn: ['NAMESPACE'] });
    const stuck = await testbed.push({ 'infra/db.json': deployment('no-such-image'), ...app('shop'), ...app('blog') });
    for (const name of ['shop', 'blog']) {
      expect(await outcome(stuck, named(name), 'waiting')).toMatchObject({
        waitingFor: [`target ${testbed.namespace}`],
      });
    }
    expect(await testbed.configMaps()).toEqual({});
    const { revision, queued } = await queuedBy(testbed.push({ 'infra/db.json': deployment('ghcr.io/acme/db:1') }));
    expect(queued).toEqual([testbed.namespace]);
    await Promise.all(['shop', 'blog'].map((name) => outcome(revision, named(name), 'deployed')));
    const ready = testbed.log.findIndex((line) => line.message === 'ready' && line['target'] === testbed.namespace);
    const first = testbed.log.findIndex((line) => line.message === 'deployed' && line['target'] !== testbed.namespace);
    expect(ready).toBeGreaterThan(-1);
    expect(first).toBeGreaterThan(ready);
  });
});

function deployment(image: string): string {
  const labels = { app: 'db' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'db', image }] } };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template };
  return JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'db' }, spec });
}
