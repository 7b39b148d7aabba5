import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CODECOMMIT } from '../githost/conformance/codecommit-case.ts';
import { getRuntimeClient } from '../rig/lambda/runtime-client.ts';
import { AwsTestbed } from '../rig/testbed/aws-testbed.ts';
import { configMap } from '../rig/testbed/testbed.ts';

/** The first time it is compiled, beside the tests of another worker. */
const COMPILE_MS = 600_000;
/** Of the functions: test/rig/lambda/environment.ts. */
const ARN = 'arn:aws:codecommit:eu-west-1:999988887777:fleet';

/** The packaged functions, a repository that only signatures of their roles can read, and events of EventBridge. */
describe('a repository on CodeCommit', () => {
  let aws: AwsTestbed;
  beforeAll(async () => {
    await getRuntimeClient();
    aws = await AwsTestbed.build({ isCodecommit: true, targets: [{ path: 'apps' }] });
  }, COMPILE_MS);
  afterAll(() => aws.tearDown());

  const eventOf = (before: string | null, after: string, arn = ARN) => {
    const { payload } = CODECOMMIT.push([{ ref: 'refs/heads/main', before, after }]);
    return { ...(payload as Readonly<Record<string, unknown>>), resources: [arn] };
  };
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
    const remedy = expect.stringContaining('Allow codecommit:GitPull on fleet for this identity') as string;
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
