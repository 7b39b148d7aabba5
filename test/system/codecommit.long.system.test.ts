import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ARN, codecommitEvent } from '../rig/aws/codecommit.ts';
import { getRuntimeClient } from '../rig/lambda/runtime-client.ts';
import { startSmallRegistry } from '../rig/registry/small-registry.ts';
import type { SmallRegistry } from '../rig/registry/small-registry.ts';
import { AwsTestbed } from '../rig/testbed/aws-testbed.ts';
import { deployment, tagsOf } from '../rig/testbed/deployment.ts';
import { configMap } from '../rig/testbed/testbed.ts';

/** The first time it is compiled, beside the tests of another worker. */
const COMPILE_MS = 600_000;

/** The packaged functions, a repository that only signatures of their roles can read, and events of EventBridge. */
describe('a repository on CodeCommit', () => {
  let aws: AwsTestbed;
  beforeAll(async () => {
    await getRuntimeClient();
    aws = await AwsTestbed.build({ isCodecommit: true, targets: [{ path: 'apps' }] });
  }, COMPILE_MS);
  afterAll(() => aws.tearDown());

  const eventOf = (before: string | null, after: string, arn = ARN) =>
    codecommitEvent({ ref: 'refs/heads/main', before, after }, arn);
  const pullers = () => new Set(aws.codecommit?.pulls.splice(0));
  const arnOf = (name: string) => `arn:aws:sts::999988887777:assumed-role/headgate-${name}/fn`;
  let deployed = '';

  it('is deployed by the event of a push, read by the signatures of the role', async () => {
    const { testbed, functions } = aws;
    deployed = await testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'blue' }) });
    expect(await functions.webhook.call(eventOf(null, deployed))).toMatchObject([{ status: 202 }]);
    expect(await testbed.outcome(deployed)).toMatchObject({ verdict: 'deployed', created: 1 });
    expect(await testbed.configMaps()).toEqual({ web: { colour: 'blue' } });
    expect(pullers()).toEqual(new Set([arnOf('deploy')]));
  });

  it('is read in two requests by the next push: the refs, and both commits whole', async () => {
    const { testbed, functions, codecommit } = aws;
    codecommit?.server.requests.splice(0);
    const revision = await testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'green' }) });
    await functions.webhook.call(eventOf(deployed, revision));
    expect(await testbed.outcome(revision)).toMatchObject({ verdict: 'deployed', updated: 1, requests: { git: 2 } });
    expect(codecommit?.server.requests.map(({ method }) => method).toSorted()).toEqual(['GET', 'POST']);
    deployed = revision;
  });

  it('queues nothing for an event of another account, and accepts no delivery over HTTP', async () => {
    const { testbed, functions } = aws;
    const foreign = ARN.replace('999988887777', '444455556666');
    expect(await functions.webhook.call(eventOf(null, deployed, foreign))).toEqual([]);
    expect(testbed.log.at(-1)).toMatchObject({ message: 'receive', level: 'warn', resources: [foreign] });
    const http = {
      rawPath: '/webhooks/fleet',
      headers: { 'content-type': 'application/json' },
      requestContext: { http: { method: 'POST' } },
      body: JSON.stringify(eventOf(null, deployed)),
    };
    expect(await functions.webhook.call(http)).toMatchObject({ statusCode: 401 });
  });

  it('is verified in the function, which names the permission that it lacks', async () => {
    const { testbed, functions, codecommit } = aws;
    const verified = async () => {
      const results = await functions.deploy.call({ verify: [testbed.namespace] });
      return (results as readonly { readonly kind: string }[]).find(({ kind }) => kind === 'repository');
    };
    expect(await verified()).toMatchObject({ detail: `main at ${deployed.slice(0, 12)}`, problem: null });
    if (codecommit !== null) codecommit.isForbidden = true;
    const remedy = expect.stringContaining('Allow this identity codecommit:GitPull on fleet') as string;
    expect(await verified()).toMatchObject({ problem: { code: 'git-unauthorized', remedy } });
    if (codecommit !== null) codecommit.isForbidden = false;
  });

  it('is found by the sweep when its event was lost, and no secret is in the log', async () => {
    const { testbed, functions } = aws;
    pullers();
    const revision = await testbed.push({ 'apps/web.yaml': configMap('web', { colour: 'red' }) });
    await functions.sweep.call({ drift: false });
    expect(await testbed.outcome(revision)).toMatchObject({ verdict: 'deployed', updated: 1 });
    expect(pullers()).toEqual(new Set([arnOf('sweep'), arnOf('deploy')]));
    expect(JSON.stringify(testbed.log)).not.toMatch(/\d{8}T\d{6}Z[0-9a-f]{8}/);
  });
});

describe('a repository on CodeCommit that Headgate writes to', () => {
  const STAGES = ['dev', 'prod'];
  const WITHIN = { timeout: 90_000, interval: 200 };
  const SYSTEM_MS = 400_000;
  let aws: AwsTestbed;
  let registry: SmallRegistry;
  beforeEach(async () => {
    await getRuntimeClient();
    registry = await startSmallRegistry();
  }, COMPILE_MS);
  afterEach(async () => {
    await aws.tearDown();
    await registry.close();
  });

  /** Both stages are deployed, at the tag that was pushed. */
  async function build(hasBranchesOnly: boolean): Promise<string> {
    aws = await AwsTestbed.build({
      isCodecommit: true,
      hasBranchesOnly,
      repository: { write: 'iam', record: 'refs' },
      targets: STAGES.map((stage) => ({ name: `NAMESPACE-${stage}`, path: `apps/${stage}`, wait: '30s' })),
      more: {
        images: [
          {
            name: 'web',
            image: `${registry.host}/acme/web`,
            policy: { semver: '^1.0.0' },
            debounce: '1s',
            interval: '1s',
            writes: [{ repository: 'fleet', branch: 'main', paths: ['apps/dev/**'] }],
          },
        ],
        promotions: [{ name: 'shop', stages: STAGES.map((stage) => `NAMESPACE-${stage}`) }],
      },
    });
    registry.push('acme/web', '1.0.0');
    const files = STAGES.map((stage) => [
      `apps/${stage}/web.yaml`,
      deployment(stage, `${registry.host}/acme/web:1.0.0`),
    ]);
    const first = await aws.testbed.push(Object.fromEntries(files));
    await aws.functions.webhook.call(codecommitEvent({ ref: 'refs/heads/main', before: null, after: first }));
    await vi.waitFor(async () => expect(await running()).toBe('1.0.0 1.0.0'), WITHIN);
    return first;
  }

  const running = () => tagsOf(STAGES, aws.testbed);

  async function write(tag: string): Promise<void> {
    registry.push('acme/web', tag);
    await aws.functions.sweep.call({ drift: false });
    await vi.waitFor(async () => expect(await running()).toBe(`${tag} ${tag}`), WITHIN);
  }

  /** One line for each target of an event. */
  const received = () =>
    aws.testbed.log.filter(({ message, status }) => message === 'receive' && status === 202).length;

  const warnings = () => [
    ...new Set(
      aws.testbed.log.flatMap(({ level, message }) => (level === 'warn' || level === 'error' ? [message] : [])),
    ),
  ];

  it(
    'gets new versions and promotions by the role of the work function alone, and its own pushes are deployed by their events',
    async () => {
      const first = await build(false);
      const before = received();
      await write('1.1.0');
      await vi.waitFor(async () => {
        await aws.testbed.git('fetch', '-q', 'origin', '+refs/headgate/*:refs/remotes/headgate/*', 'main');
        expect(await aws.testbed.git('rev-list', '--count', `${first}..origin/main`)).toBe('2');
        const tip = await aws.testbed.git('rev-parse', 'origin/main');
        expect(await aws.testbed.git('rev-parse', `headgate/${aws.testbed.namespace}-prod`)).toBe(tip);
      }, WITHIN);
      expect(received() - before).toBe(2 * STAGES.length);
      expect(await aws.testbed.git('for-each-ref', '--format=%(refname:lstrip=3)', 'refs/remotes/headgate')).toContain(
        `promotions/shop/${aws.testbed.namespace}-prod`,
      );
      expect(new Set(aws.codecommit?.pushes)).toEqual(
        new Set(['arn:aws:sts::999988887777:assumed-role/headgate-work/fn']),
      );
      expect(warnings()).toEqual([]);
      expect(JSON.stringify(aws.testbed.log)).not.toMatch(/\d{8}T\d{6}Z[0-9a-f]{8}/);
    },
    SYSTEM_MS,
  );

  it(
    'gets them too where it refuses other refs than branches, and names what it cannot record and the right that it lacks',
    async () => {
      const first = await build(true);
      await write('1.1.0');
      await write('1.2.0');
      expect(await aws.testbed.git('ls-remote', 'origin', 'refs/headgate/*', 'refs/notes/*')).toBe('');
      await aws.testbed.git('fetch', '-q', 'origin', 'main');
      expect(await aws.testbed.git('rev-list', '--count', `${first}..origin/main`)).toBe('4');
      const refused = ['image-record-refused', 'promotion-record-refused', 'not-recorded'];
      await vi.waitFor(() => expect(warnings().toSorted()).toEqual(refused.toSorted()), WITHIN);
      if (aws.codecommit !== null) aws.codecommit.rights.push = new Set();
      registry.push('acme/web', '1.3.0');
      await aws.functions.sweep.call({ drift: false });
      const failed = await aws.testbed.logged(({ message }) => message === 'image-failed', 60_000);
      expect(JSON.stringify(failed['errors'])).toContain('allow this identity codecommit:GitPush');
    },
    SYSTEM_MS,
  );
});
