import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { kubectl } from '../../rig/cluster/control-plane.ts';
import type { StoredPullRequest } from '../../rig/git-host/pull-requests/model.ts';
import { FULL_NAME, SECRET, Testbed, configMap } from '../../rig/testbed/testbed.ts';
import { FILES, PREVIEW, PreviewRig } from './preview-rig.ts';

const FORK = 'eve/fleet';

describe('previews of pull requests', () => {
  let testbed: Testbed;
  let rig: PreviewRig;

  beforeAll(async () => {
    testbed = await Testbed.build({ pullRequests: { plan: true }, previews: [{ ...PREVIEW, limit: 2 }] });
    rig = new PreviewRig(testbed);
    await testbed.start();
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a'), ...FILES }), 'deployed');
    await testbed.host.createRepository(FORK);
  }, 60_000);

  afterAll(async () => {
    await rig.removeAll();
    await testbed.tearDown();
  });

  it('are updated and deleted when the comments of their pull request cannot be read', async () => {
    const pullRequest = await rig.open('long', { 'apps/l.yaml': configMap('l') }, { labels: ['preview'] });
    await rig.shows(pullRequest, 'ready at');
    // A host without a limit of a comment answers with more than the limit of an answer.
    const eve = { id: 12, login: 'eve', permission: 'read' } as const;
    for (let n = 0; n < 3; n += 1) rig.pulls.comment(pullRequest.number, eve, 'x'.repeat(12_000_000));
    const head = await rig.branch('long', { 'preview/settings.yaml': configMap('settings', { number: 'two' }) });
    await rig.pulls.pushed(FULL_NAME, 'long', head);
    await vi.waitFor(async () => expect(await rig.settings(pullRequest)).toEqual({ number: 'two' }), {
      timeout: 40_000,
      interval: 100,
    });
    rig.pulls.close(pullRequest.number);
    await rig.deleted(pullRequest);
  }, 120_000);

  it('are deployed with the label, updated by a push, and deleted with the label or the pull request', async () => {
    const pullRequest = await rig.open('Feature/Color', { 'apps/b.yaml': configMap('b') });
    expect(await rig.shown(pullRequest)).not.toContain('preview');
    expect(await rig.existence(pullRequest)).toBe('deleted');

    rig.pulls.label(pullRequest.number, ['preview']);
    const short = pullRequest.head.slice(0, 12);
    const address = `<https://pr-${pullRequest.number}.example.com>`;
    const first = await rig.shows(pullRequest, `ready at \`${short}\` | ${address} |`);
    expect(first).toContain('1 to create, 0 to update, 0 to prune');
    expect(rig.status(pullRequest)).toMatch(/^success: 3 created, ready in /);
    const url = `https://pr-${pullRequest.number}.example.com`;
    await testbed.until(() => rig.deployments(pullRequest).at(-1)?.endsWith('success') === true);
    expect(rig.environment(pullRequest)).toMatchObject({
      isTransient: true,
      statuses: expect.arrayContaining([{ state: 'success', url, description: 'ready' }]),
    });
    expect(await rig.settings(pullRequest)).toEqual({
      number: String(pullRequest.number),
      sha: pullRequest.head,
      branch: 'feature-color',
    });
    const made = JSON.parse(await testbed.kubectl('get', 'namespace', rig.namespaceOf(pullRequest), '-o', 'json')) as {
      metadata: { uid: string; labels: Record<string, string>; annotations: Record<string, string> };
    };
    expect(made.metadata.labels['headgate.dev/preview']).toBe(rig.namespaceOf(pullRequest));
    expect(JSON.parse(made.metadata.annotations['headgate.dev/preview'] ?? '')).toMatchObject({
      repository: testbed.host.cloneUrl(FULL_NAME),
      pullRequest: pullRequest.number,
      head: pullRequest.head,
      uid: made.metadata.uid,
    });

    await rig.branch('Feature/Color', { 'apps/b.yaml': configMap('b', { v: '2' }) });
    await testbed.until(() => !pullRequest.head.startsWith(short));
    await rig.shows(pullRequest, `ready at \`${pullRequest.head.slice(0, 12)}\``);
    expect(await rig.settings(pullRequest)).toMatchObject({ sha: pullRequest.head });
    expect(rig.status(pullRequest)).toMatch(/^success: /);

    rig.pulls.label(pullRequest.number, []);
    await rig.shows(pullRequest, 'deleted: the label was removed |');
    expect(await rig.existence(pullRequest)).toBe('deleted');

    rig.pulls.label(pullRequest.number, ['preview']);
    await rig.shows(pullRequest, 'ready at ');
    rig.pulls.close(pullRequest.number);
    await rig.shows(pullRequest, 'deleted: the pull request was closed |');
    expect(await rig.existence(pullRequest)).toBe('deleted');
    expect(rig.status(pullRequest)).toBe('success: preview deleted: the pull request was closed');
    await testbed.until(() => rig.deployments(pullRequest).at(-1)?.endsWith('inactive') === true);
    expect(rig.deployments(pullRequest).map((each) => each.split(' ')[0])).toEqual([
      short,
      pullRequest.head.slice(0, 12),
    ]);
  }, 170_000);

  it('are deployed too when the host refuses the deployment that would show them', async () => {
    const pullRequest = await rig.open('refused', { 'apps/e.yaml': configMap('e') });
    testbed.host.refusesDeployments = true;
    rig.pulls.label(pullRequest.number, ['preview']);
    await rig.shows(pullRequest, 'ready at ');
    const line = await testbed.logged(({ message }) => message === 'no-deployment');
    expect(JSON.stringify(line)).toContain('Deployments, read and write');
    expect(rig.status(pullRequest)).toMatch(/^success: /);
    testbed.host.refusesDeployments = false;
    rig.pulls.close(pullRequest.number);
    await rig.deleted(pullRequest);
  }, 90_000);

  /** As a process leaves it that dies before it has recorded the uid. */
  async function dieAfterCreating(pullRequest: Pick<StoredPullRequest, 'number' | 'head'>, manager: string) {
    const name = rig.namespaceOf(pullRequest);
    const record = {
      repository: testbed.host.cloneUrl(FULL_NAME),
      pullRequest: pullRequest.number,
      preview: PREVIEW.name.replace('NAMESPACE', testbed.namespace),
      head: pullRequest.head,
      since: new Date().toISOString(),
      uid: null,
    };
    const annotations = { 'headgate.dev/preview': JSON.stringify(record) };
    // A backup has them too. The API server gives the fields to the account that creates the object again.
    const fieldsV1 = { 'f:metadata': { 'f:annotations': { '.': {}, 'f:headgate.dev/preview': {} } } };
    const entry = {
      manager: 'headgate-previews',
      operation: 'Update',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1,
    };
    const labels = { 'headgate.dev/preview': name };
    const metadata = { name, labels, annotations, ...(manager === entry.manager ? {} : { managedFields: [entry] }) };
    const manifest = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata });
    const created = await kubectl(testbed.cluster, ['create', '-f', '-', `--field-manager=${manager}`], manifest);
    expect(created).toMatchObject({ code: 0 });
  }

  const outcomeOf = ({ number }: Pick<StoredPullRequest, 'number'>, outcome: string) =>
    testbed.logged(
      (line) => line.message === 'preview' && line['pullRequest'] === number && line['outcome'] === outcome,
    );

  it('are completed when the process that created the namespace died before it had recorded its uid', async () => {
    const pullRequest = await rig.open('died', { 'apps/d.yaml': configMap('d') });
    await dieAfterCreating(pullRequest, 'headgate-previews');
    rig.pulls.label(pullRequest.number, ['preview']);
    await rig.shows(pullRequest, 'ready at ');
    expect(await rig.settings(pullRequest)).toMatchObject({ sha: pullRequest.head });
    rig.pulls.close(pullRequest.number);
    await rig.deleted(pullRequest);
    expect(await rig.existence(pullRequest)).toBe('deleted');
  }, 170_000);

  it('are deleted when that pull request is closed before the retry, and not when another account wrote the record', async () => {
    const closed = await rig.open('died-closed', { 'apps/d.yaml': configMap('d') });
    const copied = await rig.open('died-copied', { 'apps/d.yaml': configMap('d') });
    for (const each of [closed, copied]) await outcomeOf(each, 'unlabeled');
    await dieAfterCreating(closed, 'headgate-previews');
    await dieAfterCreating(copied, 'velero-server');
    for (const { number } of [closed, copied]) rig.pulls.close(number);
    await outcomeOf(closed, 'closed');
    await outcomeOf(copied, 'closed');
    expect(await rig.existence(closed)).toBe('deleted');
    expect(await rig.existence(copied)).toBe('active');
    await rig.shows(closed, 'deleted: the pull request was closed');
    expect(rig.only(copied)).not.toContain('deleted');
  }, 90_000);

  it('stay when the Git host no longer shows the repository to the credentials', async () => {
    const pullRequest = await rig.open('lost', { 'apps/c.yaml': configMap('c') });
    rig.pulls.label(pullRequest.number, ['preview']);
    await rig.shows(pullRequest, 'ready at ');
    testbed.host.faults = { api: { status: 404, times: 1000 } };
    rig.pulls.label(pullRequest.number, ['preview', 'reviewed']);
    await testbed.logged(({ message }) => message === 'not-previewed');
    expect(await rig.existence(pullRequest)).toBe('active');
    testbed.host.faults = {};
    rig.pulls.close(pullRequest.number);
    await rig.deleted(pullRequest);
  }, 170_000);

  it('are refused for forks, and for a namespace that Headgate did not create, which stays as it is', async () => {
    await rig.branch('fork', {});
    await testbed.git('push', '-q', '--force', testbed.host.cloneUrl(FORK), 'fork:fork');
    const forked = await rig.pulls.open({ branch: 'fork', headRepository: FORK, labels: ['preview'] });
    await rig.shows(forked, 'refused: pull requests of forks get no preview |');
    expect(await rig.existence(forked)).toBe('deleted');

    const number = rig.pulls.all.length + 1;
    await testbed.kubectl('create', 'namespace', rig.namespaceOf({ number }));
    const pullRequest = await rig.open('taken', { 'apps/c.yaml': configMap('c') }, { labels: ['preview'] });
    await rig.shows(
      pullRequest,
      `refused: \`Namespace ${rig.namespaceOf({ number })} already exists and was not created`,
    );
    expect(rig.status(pullRequest)).toMatch(/^failure: Namespace .* already exists/);
    rig.pulls.close(number);
    await testbed.logged(
      (line) => line.message === 'preview' && line['pullRequest'] === number && line['outcome'] === 'closed',
    );
    expect(await rig.existence(pullRequest)).toBe('active');
    const left = await testbed.kubectl('-n', rig.namespaceOf({ number }), 'get', 'configmaps', '-o', 'name');
    expect(left).not.toContain('headgate');
  }, 90_000);

  it('do not exceed the limit when two processes have created the last one at the same time', async () => {
    const first = await rig.open('apart-one', {}, { labels: ['preview'] });
    await rig.shows(first, 'ready at ');
    const lower = await rig.open('apart-two', {});
    const higher = await rig.open('apart-three', {});
    for (const each of [lower, higher]) await outcomeOf(each, 'unlabeled');
    for (const each of [lower, higher]) await dieAfterCreating(each, 'headgate-previews');
    for (const { number } of [higher, lower]) rig.pulls.label(number, ['preview']);
    await rig.shows(higher, 'left out: there are 2 previews already');
    await rig.deleted(higher);
    await rig.shows(lower, 'ready at ');
    expect([await rig.existence(lower), await rig.existence(higher)]).toEqual(['active', 'deleted']);
    for (const { number } of [first, lower, higher]) rig.pulls.close(number);
    for (const each of [first, lower]) await rig.deleted(each);
  }, 170_000);

  it('are left out above the limit', async () => {
    const first = await rig.open('one', {}, { labels: ['preview'] });
    await rig.shows(first, 'ready at ');
    const pullRequests = [await rig.open('two', {}), await rig.open('three', {})];
    for (const each of pullRequests) await rig.planned(each);
    // Both want the last place at once.
    for (const { number } of pullRequests) rig.pulls.label(number, ['preview']);
    await testbed.logged((line) => line.message === 'preview' && line['outcome'] === 'full');
    const states = await vi.waitFor(
      async () => {
        const found = await Promise.all(pullRequests.map((each) => rig.existence(each)));
        expect(found.toSorted()).toEqual(['active', 'deleted']);
        return found;
      },
      { timeout: 30_000, interval: 100 },
    );
    const left = pullRequests[states.indexOf('deleted')];
    if (left === undefined) throw new Error('none is left out');
    await rig.shows(left, 'left out: there are 2 previews already');
    expect(rig.status(left)).toMatch(/^pending: left out/);
  }, 90_000);
});

describe('previews whose deliveries were lost', () => {
  let testbed: Testbed;
  let rig: PreviewRig;

  afterEach(async () => {
    await rig.removeAll();
    await testbed.kubectl('delete', 'clusterrolebinding', testbed.namespace);
    await testbed.tearDown();
  });

  it('are found by the sweep: the label, a push, the end of their time, and a close', async () => {
    testbed = await Testbed.build({
      previews: [
        {
          ...PREVIEW,
          serviceAccount: 'NAMESPACE/previewer',
          ttl: '25s',
          wait: '0s',
          url: 'https://{{branch}}.example.com',
        },
      ],
      sweepIntervalMs: 1_000,
    });
    rig = new PreviewRig(testbed);
    // It may not create namespaces: Headgate does.
    await testbed.kubectl('-n', testbed.namespace, 'create', 'serviceaccount', 'previewer');
    const account = `--serviceaccount=${testbed.namespace}:previewer`;
    await testbed.kubectl('create', 'clusterrolebinding', testbed.namespace, '--clusterrole=admin', account);
    await testbed.start();
    testbed.host.setWebhook(FULL_NAME, { url: `${testbed.address}/webhooks/fleet`, secret: SECRET, events: ['push'] });
    await testbed.outcome(await testbed.push({ 'apps/a.yaml': configMap('a'), ...FILES }), 'deployed');

    const pullRequest = await rig.open('lost', {}, { labels: ['preview'] });
    const copied = { number: 99 };
    await testbed.kubectl('create', 'namespace', rig.namespaceOf(copied));
    const record = {
      repository: testbed.host.cloneUrl(FULL_NAME),
      pullRequest: 99,
      preview: `${testbed.namespace}-pr-{{number}}`,
      head: pullRequest.head,
      since: '2026-01-01T00:00:00.000Z',
      uid: 'the-uid-of-the-original',
    };
    await testbed.kubectl(
      'annotate',
      'namespace',
      rig.namespaceOf(copied),
      `headgate.dev/preview=${JSON.stringify(record)}`,
    );
    await testbed.kubectl('label', 'namespace', rig.namespaceOf(copied), 'headgate.dev/preview=copied');
    await rig.shows(pullRequest, `deployed at \`${pullRequest.head.slice(0, 12)}\` | <https://lost.example.com> |`);
    const before = pullRequest.head;
    await rig.branch('lost', { 'preview/more.yaml': configMap('more') });
    await testbed.until(() => pullRequest.head !== before);
    await rig.shows(pullRequest, `deployed at \`${pullRequest.head.slice(0, 12)}\``);
    await rig.shows(pullRequest, 'deleted: nothing was pushed within its ttl');
    // The sweep looks again, and the comment remembers when the head was pushed.
    await testbed.logged(
      (line) => line.message === 'preview' && line['outcome'] === 'expired' && line['level'] === 'debug',
    );
    expect(await rig.existence(pullRequest)).toBe('deleted');
    // It has the name of a preview and a copy of its record, as a backup would restore it.
    expect(await rig.existence(copied)).toBe('active');

    await rig.branch('lost', { 'preview/again.yaml': configMap('again') });
    await rig.shows(pullRequest, 'deployed at ');
    rig.pulls.close(pullRequest.number);
    await rig.deleted(pullRequest);
  }, 170_000);
});
