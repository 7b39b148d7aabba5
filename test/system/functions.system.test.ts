import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { getRuntimeClient } from '../rig/lambda/runtime-client.ts';
import { AwsTestbed } from '../rig/testbed/aws-testbed.ts';
import { SECRET, TOKEN, configMap } from '../rig/testbed/testbed.ts';

/** The first time it is compiled, beside the tests of another worker. */
const COMPILE_MS = 600_000;
beforeAll(async () => {
  await getRuntimeClient();
}, COMPILE_MS);

/** The packaged bundles under AWS's own runtime client. Tests that leave the testbed as it was share one. */
describe('the functions', () => {
  let aws: AwsTestbed;
  beforeAll(async () => {
    aws = await AwsTestbed.build({ maxReceiveCount: 3 });
  });
  afterAll(() => aws.tearDown());
  afterEach(() => {
    aws.front.hold = () => Promise.resolve();
    aws.testbed.host.faults = {};
  });

  it('deploy a push to an EKS cluster, and report on the commit', async () => {
    const { testbed, front } = aws;
    const revision = await testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'blue' }) });
    expect(await testbed.outcome(revision)).toMatchObject({ verdict: 'deployed', created: 1, warnings: [] });
    expect(await testbed.configMaps()).toEqual({ web: { colour: 'blue' } });
    await testbed.host.settled();
    const states = () => testbed.host.statusesOf(revision).map(({ state, description }) => [state, description]);
    await vi.waitFor(
      () => expect(states().at(-1)).toEqual(['success', expect.stringMatching(/^1 created, ready in /)]),
      { timeout: 30_000, interval: 50 },
    );

    const name = testbed.namespace;
    expect(front.requests.every(({ principal }) => principal?.endsWith(`/shop/headgate-${name}`))).toBe(true);
    expect(front.requests.at(-1)?.userAgent).toMatch(new RegExp(`\\(${name}@${revision.slice(0, 12)}\\)$`));
    const text = JSON.stringify(testbed.log);
    for (const secret of [SECRET, TOKEN, 'k8s-aws-v1', 'X-Amz-Signature']) expect(text).not.toContain(secret);
  });

  it('send no request to AWS for the second push', async () => {
    const asked = aws.aws.requests.length;
    const revision = await aws.testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'green' }) });
    expect(await aws.testbed.outcome(revision)).toMatchObject({ verdict: 'deployed', updated: 1 });
    expect(aws.aws.requests.slice(asked)).toEqual([]);
    expect(aws.functions.webhook.starts).toHaveLength(1);
  });

  it('move an unreadable message to the dead letters, and process the other messages of the batch', async () => {
    await aws.send('nonsense', 'other');
    await aws.send('nonsense', aws.testbed.namespace);
    const revision = await aws.testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'red' }) });
    expect(await aws.testbed.outcome(revision)).toMatchObject({ verdict: 'deployed' });
    // Three tries each, and once more out of the dead letters, where it ends.
    const poison = () => aws.testbed.log.filter(({ message }) => message === 'not-a-request');
    await vi.waitFor(() => expect(poison()).toHaveLength(6), { timeout: 20_000, interval: 50 });
    await vi.waitFor(
      async () => {
        await aws.functions.sweep.call({ drift: false });
        expect(poison()).toHaveLength(8);
      },
      { timeout: 20_000, interval: 500 },
    );
  });

  it('accept a rotated webhook secret at once', async () => {
    aws.aws.parameters.set('/headgate/webhook', 'rotated-webhook-secret');
    aws.setSecret('rotated-webhook-secret');
    const revision = await aws.testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'cyan' }) });
    await aws.testbed.host.settled();
    expect(aws.testbed.host.deliveries.at(-1)).toMatchObject({ status: 202 });
    expect(await aws.testbed.outcome(revision)).toMatchObject({ verdict: 'deployed' });
  });

  it('accept a rotated certificate authority', async () => {
    await aws.front.rotate();
    aws.aws.clusters.set('prod-eks', { endpoint: aws.front.url, ca: aws.front.ca });
    const asked = aws.aws.requests.length;
    const revision = await aws.testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'grey' }) });
    expect(await aws.testbed.outcome(revision)).toMatchObject({ verdict: 'deployed', warnings: [] });
    expect(aws.aws.requests.slice(asked)).toMatchObject([{ action: 'DescribeCluster', status: 200 }]);
  });

  it('deploy the next push after they were frozen and the server has closed the connection', async () => {
    aws.front.cut();
    const lines = aws.testbed.log.length;
    const revision = await aws.testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'black' }) });
    expect(await aws.testbed.outcome(revision)).toMatchObject({ verdict: 'deployed' });
    expect(aws.testbed.log.slice(lines).filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('renew a revoked session', async () => {
    aws.aws.revokeSessions();
    const asked = aws.aws.requests.length;
    const revision = await aws.testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'white' }) });
    // A token that is younger than five seconds is not renewed at once: then the next try does it.
    await aws.testbed.outcome(revision, 'deployed');
    expect(aws.aws.requests.slice(asked)).toMatchObject([{ action: 'AssumeRole', status: 200 }]);
    // The sweep has signed in too, for an earlier test.
    await vi.waitFor(
      async () => {
        const lines = aws.testbed.log.length;
        await aws.functions.sweep.call({ drift: false });
        expect(aws.testbed.log.slice(lines).filter(({ message }) => message === 'sweep-failed')).toEqual([]);
      },
      { timeout: 20_000, interval: 500 },
    );
  });

  it('generate a target from an added directory, refuse a directory outside the limits, and detect both in a sweep', async () => {
    const { testbed, functions } = aws;
    const revision = await testbed.push({ 'envs/blog/a.yaml': configMap('blog'), 'envs/No/a.yaml': configMap('no') });
    await testbed.host.settled();
    expect(await testbed.outcome(revision, 'refused')).toMatchObject({ target: `No-${testbed.namespace}` });
    expect(await testbed.outcome(revision, 'deployed')).toMatchObject({
      target: `blog-${testbed.namespace}`,
      created: 1,
    });
    await testbed.logged((line) => line.message === 'ready' && line['target'] === `blog-${testbed.namespace}`);
    testbed.host.faults = { lose: () => true };
    const lost = await testbed.push({ 'envs/mail/a.yaml': configMap('mail'), 'envs/No': null });
    expect(await functions.sweep.call({})).toEqual({ queued: [`mail-${testbed.namespace}`] });
    expect(await testbed.outcome(lost, 'deployed')).toMatchObject({ created: 1 });
    expect(Object.keys(await testbed.configMaps())).toEqual(expect.arrayContaining(['blog', 'mail']));
  });

  it('detect a push with a lost delivery in a sweep', async () => {
    aws.testbed.host.faults = { lose: () => true };
    const revision = await aws.testbed.push({ 'apps/api.yaml': configMap('api') });
    await aws.testbed.host.settled();
    const before = aws.front.requests.length;
    expect(await aws.functions.sweep.call({ drift: false })).toEqual({ queued: [aws.testbed.namespace] });
    const bySweep = aws.front.requests.slice(before).filter(({ principal }) => principal?.endsWith('/headgate-sweep'));
    expect([...new Set(bySweep.map(({ principal, method }) => `${method} ${principal}`))]).toEqual([
      'GET arn:aws:sts::111122223333:assumed-role/shop-read/headgate-sweep',
    ]);
    expect(await aws.testbed.outcome(revision)).toMatchObject({ verdict: 'deployed', delivery: 'sweep' });
    expect(await aws.functions.sweep.call({})).toEqual({ queued: [] });
  });

  it('report on the commit that they gave up after the last attempt', async () => {
    aws.testbed.host.faults = { git: { status: 503, times: 1000 } };
    const before = await aws.testbed.git('rev-parse', 'HEAD');
    const delivery = aws.testbed.host.deliveries.findLast(({ payload }) => payload.includes(before));
    await aws.testbed.host.redeliver(delivery?.id ?? '');
    const states = () => aws.testbed.host.statusesOf(before).map(({ state }) => state);
    await vi.waitFor(
      async () => {
        await aws.functions.sweep.call({ drift: false });
        expect(states().at(-1)).toBe('error');
      },
      { timeout: 30_000, interval: 500 },
    );
    // Its line is written after the status.
    await aws.testbed.logged(({ message }) => message === 'dead-letter');
    expect(aws.testbed.log.filter(({ message }) => message === 'dead-letter')).toMatchObject([
      { target: aws.testbed.namespace, revision: before },
    ]);
  });
});

describe('a function that runs out of time, with a GitHub App for its repository', () => {
  let aws: AwsTestbed;
  beforeAll(async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const app = { app: '12345', installation: '678' };
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    aws = await AwsTestbed.build({ deployTimeoutMs: 4_000, app: { ...app, privateKey: pem } });
    const repositories = new Map([['acme/fleet', 1]]);
    aws.testbed.host.apps.register({
      ...app,
      publicKey,
      repositories,
      permissions: { contents: 'read', statuses: 'write' },
    });
  });
  afterAll(() => aws.tearDown());

  it('is interrupted and returns the request, and the next invocation completes it', async () => {
    let held = 0;
    aws.front.hold = ({ method, path }) => {
      const isWrite = method === 'PATCH' && /configmaps\/two/.test(path) && !path.includes('dryRun');
      if (!isWrite || held > 0) return Promise.resolve();
      held += 1;
      return new Promise(() => undefined);
    };
    const revision = await aws.testbed.push({
      'apps/one.yaml': configMap('one'),
      'apps/two.yaml': configMap('two'),
      'apps/three.yaml': configMap('three'),
    });
    expect(await aws.testbed.outcome(revision, 'deployed')).toMatchObject({ verdict: 'deployed' });
    expect(held).toBe(1);
    const failed = aws.testbed.log.find(({ verdict }) => verdict === 'failed');
    expect(failed).toMatchObject({ errors: [{ code: 'interrupted' }] });
    expect(await aws.testbed.configMaps()).toEqual({ one: {}, two: {}, three: {} });
    expect(aws.testbed.host.apps.issued.map(({ repositories }) => repositories)).toContainEqual(['acme/fleet']);
    await vi.waitFor(() => expect(aws.testbed.host.statusesOf(revision).at(-1)?.state).toBe('success'), {
      timeout: 30_000,
      interval: 50,
    });
  });

  it('refuses a run whose dry runs cannot fit into one invocation at once, with a remedy', async () => {
    const slow = ({ path }: { path: string }) =>
      path.includes('dryRun') ? new Promise<void>((resolve) => setTimeout(resolve, 300)) : Promise.resolve();
    aws.front.hold = slow;
    const many = Array.from({ length: 600 }, (_each, index) => configMap(`many-${index}`)).join('---\n');
    const revision = await aws.testbed.push({ 'apps/many.yaml': many });
    const refused = await aws.testbed.logged(({ errors }) => JSON.stringify(errors ?? '').includes('gate-too-long'));
    expect(refused).toMatchObject({
      verdict: 'failed',
      errors: [{ remedy: expect.stringContaining('headgate deploy') }],
    });
    await aws.testbed.host.settled();
    expect(aws.testbed.host.statusesOf(revision).at(-1)).toMatchObject({ state: 'failure' });
    expect(Object.keys(await aws.testbed.configMaps())).toHaveLength(3);
  });
});
