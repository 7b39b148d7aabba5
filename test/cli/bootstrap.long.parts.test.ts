import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, startStackApi } from '../rig/aws/stack-api.ts';
import type { StackApi } from '../rig/aws/stack-api.ts';
import { buildCommand } from '../rig/package/built-command.ts';
import type { BuiltCommand } from '../rig/package/built-command.ts';
import { headgate } from './headgate.ts';

const EXAMPLE = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '../../infra/headgate.example.yml'), 'utf8');
const URL_OF_STACK = 'https://abc.lambda-url.eu-west-1.on.aws';

let built: BuiltCommand;
beforeAll(async () => {
  built = await buildCommand();
}, 240_000);

let api: StackApi;
beforeEach(async () => {
  api = await startStackApi();
});
afterEach(() => api.close());

/** The requests that write something. */
const writes = () =>
  api.requests
    .map(({ service, action }) => `${service} ${action.replace(/[0-9a-f]{32}/, 'HASH')}`)
    .filter((line) => !/ (?:Describe|Get|HEAD)/.test(line));

function bootstrap(args: readonly string[] = ['--yes'], config = EXAMPLE) {
  return headgate(['bootstrap', ...args], {
    files: { 'headgate.yml': config },
    env: { ...api.env, HEADGATE_CACHE: built.cache },
    main: built.main,
  });
}

/** Packages the functions with serverless. */
function bootstrapOfCheckout(args: readonly string[] = ['--yes'], config = EXAMPLE) {
  return headgate(['bootstrap', ...args], {
    files: { 'headgate.yml': config },
    env: { ...api.env, PATH: process.env['PATH'] ?? '' },
    timeoutMs: 150_000,
  });
}

describe('headgate bootstrap', () => {
  it('creates secrets, then the stack, then its content, and prints the webhook URL', async () => {
    const { code, stdout, stderr } = await bootstrapOfCheckout([
      '--yes',
      '--alarm-topic',
      'arn:aws:sns:eu-west-1:111122223333:ops',
    ]);
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(writes()).toEqual([
      'ssm PutParameter',
      'cloudformation CreateStack',
      's3 PUT serverless/headgate/prod/HASH/webhook.zip',
      's3 PUT serverless/headgate/prod/HASH/deploy.zip',
      's3 PUT serverless/headgate/prod/HASH/check.zip',
      's3 PUT serverless/headgate/prod/HASH/sweep.zip',
      's3 PUT layers/kubectl-v36-2.0.1.zip',
      's3 PUT layers/config-HASH.zip',
      's3 PUT serverless/headgate/prod/HASH/template.json',
      'cloudformation CreateChangeSet',
      'cloudformation ExecuteChangeSet',
    ]);
    expect(api.parameters.get('/headgate/fleet/webhook-secret')).toMatch(/^[0-9a-f]{64}$/);
    expect(api.stack?.status).toMatch(/^UPDATE_/);
    expect(api.stack?.parameters).toMatchObject({
      AlarmTopicArn: 'arn:aws:sns:eu-west-1:111122223333:ops',
      ReserveConcurrency: 'true',
    });
    expect(stdout).toContain('account 111122223333, eu-west-1, as arn:aws:iam::111122223333:user/admin');
    expect(stdout).toContain('  + 4 × AWS::Lambda::Function');
    expect(stdout).toContain(
      '  ! ssm:/headgate/fleet/token  is missing; store it with: headgate secret set ssm:/headgate/fleet/token',
    );
    expect(stdout).toContain(
      `webhook URL: ${URL_OF_STACK}\n  headgate connect fleet  → ${URL_OF_STACK}/webhooks/fleet`,
    );
    expect(stdout + stderr).not.toContain(api.parameters.get('/headgate/fleet/webhook-secret'));
    expect(api.requests.filter(({ action }) => /^Get(?:Parameter|SecretValue)/.test(action))).toEqual([]);
  }, 300_000);

  it('takes a secret whose first answer was lost for created', async () => {
    api.lostAnswer = 'PutParameter';
    const { code, stderr } = await bootstrap();
    expect(stderr).not.toContain('ParameterAlreadyExists');
    expect(code).toBe(0);
    expect(writes().slice(0, 3)).toEqual(['ssm PutParameter', 'ssm PutParameter', 'cloudformation CreateStack']);
  }, 300_000);

  it('changes nothing on a second run, and only what differs after a change of headgate.yml', async () => {
    await bootstrap();
    api.parameters.set('/headgate/fleet/token', 'planted-token');
    const secret = api.parameters.get('/headgate/fleet/webhook-secret');
    api.requests.length = 0;
    const again = await bootstrap();
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('stack headgate-prod is up to date') as string,
    });
    // CloudFormation keeps a change set without changes as a failed one, unless it is deleted.
    expect(writes()).toEqual([
      's3 PUT serverless/headgate/prod/HASH/template.json',
      'cloudformation CreateChangeSet',
      'cloudformation DeleteChangeSet',
    ]);
    expect(api.parameters.get('/headgate/fleet/webhook-secret')).toBe(secret);
    api.requests.length = 0;
    const changed = await bootstrap(['--yes'], EXAMPLE.replaceAll('ssm:/headgate/fleet/token', 'ssm:/another'));
    expect(changed.code).toBe(0);
    expect(changed.stdout).toContain('  ~ DeploySecrets AWS::IAM::RolePolicy');
    expect(changed.stdout).not.toContain('Queue AWS::SQS::Queue');
    expect(writes()).toContain('cloudformation ExecuteChangeSet');
    expect(changed.stdout).toContain('  ~ ConfigLayer AWS::Lambda::LayerVersion');
    // The code stays as it is.
    expect(writes().filter((request) => request.startsWith('s3 PUT'))).toEqual([
      's3 PUT layers/config-HASH.zip',
      's3 PUT serverless/headgate/prod/HASH/template.json',
    ]);
  }, 300_000);

  it('reserves nothing in a new account, and says what caps the cost there', async () => {
    api.concurrency = { limit: 10, unreserved: 10 };
    const { code, stderr } = await bootstrap();
    expect(stderr).not.toContain('ReservedConcurrentExecutions');
    expect(code).toBe(0);
    expect(api.stack?.parameters['ReserveConcurrency']).toBe('false');
    expect(stderr).toContain('this account may run only 10 functions at once, too few to reserve any');
    const asked = api.requests.findIndex(({ action }) => action === 'GetAccountSettings');
    expect(asked).toBeLessThan(api.requests.findIndex(({ action }) => action === 'CreateStack'));
    // Once AWS has raised the limit, the next run reserves.
    api.concurrency = { limit: 1000, unreserved: 1000 };
    expect(await bootstrap()).toMatchObject({ code: 0 });
    expect(api.stack?.parameters['ReserveConcurrency']).toBe('true');
  }, 300_000);

  it('writes nothing without a terminal or --yes', async () => {
    const { code, stderr } = await bootstrap([]);
    expect(code).toBe(64);
    expect(stderr).toContain('Pass --yes to skip the prompt.');
    expect(api.requests).toEqual([]);
  });

  it('reports why the first stack could not be created, though CloudFormation has deleted it', async () => {
    api.failure = 'User: arn:aws:iam::111122223333:user/admin is not authorized to perform: s3:CreateBucket';
    const { code, stderr } = await bootstrap();
    expect(code).toBe(1);
    expect(stderr).toContain(
      'ServerlessDeploymentBucket: User: arn:aws:iam::111122223333:user/admin is not authorized',
    );
  }, 300_000);

  it('passes the settings of the stack on, and keeps those that are not passed again', async () => {
    const boundary = 'arn:aws:iam::111122223333:policy/boundary';
    const first = await bootstrap([
      '--yes',
      '--permissions-boundary',
      boundary,
      '--role-prefix',
      'acme-',
      '--log-retention',
      '90',
      '--vpc-subnets',
      'subnet-0a,subnet-0b',
      '--security-groups',
      'sg-0a',
      '--tag',
      'team=ops',
      '--tag',
      'cost=7',
    ]);
    expect(first).toMatchObject({ code: 0 });
    const settings = { PermissionsBoundaryArn: boundary, RolePrefix: 'acme-', LogRetentionDays: '90' };
    const network = { SubnetIds: 'subnet-0a,subnet-0b', SecurityGroupIds: 'sg-0a' };
    expect(api.stack).toMatchObject({ parameters: { ...settings, ...network }, tags: { team: 'ops', cost: '7' } });
    expect(await bootstrap(['--yes', '--log-retention', '30'])).toMatchObject({ code: 0 });
    expect(api.stack).toMatchObject({ parameters: { ...settings, ...network, LogRetentionDays: '30' } });
    expect(api.stack?.tags).toEqual({ team: 'ops', cost: '7' });
    expect(await bootstrap(['--yes', '--kms-key', 'alias/mine'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('Must be the ARN of a KMS key.') as string,
    });
  }, 450_000);

  it('names a region without function URLs before it packages anything, and works there with an HTTP API', async () => {
    const refused = await bootstrap(['--yes', '--region', 'eu-central-2']);
    expect(refused.code).toBe(64);
    expect(refused.stderr).toContain('Lambda function URLs do not exist in eu-central-2');
    expect(refused.stderr).toContain('Pass --front api');
    expect(refused.stderr).not.toContain('packaging');
    expect(await bootstrap(['--yes', '--front', 'api'])).toMatchObject({ code: 0 });
    const types = Object.values(api.stack?.resources ?? {}).map(({ type }) => type);
    expect(types).toContain('AWS::ApiGatewayV2::Api');
    expect(types).not.toContain('AWS::Lambda::Url');
    // The next run needs no flag.
    expect(await bootstrap()).toMatchObject({ code: 0, stdout: expect.stringContaining('is up to date') as string });
  }, 450_000);

  it('reports why an update failed and was rolled back', async () => {
    api.stack = {
      status: 'UPDATE_COMPLETE',
      parameters: {},
      tags: {},
      outputs: { ServerlessDeploymentBucketName: BUCKET },
      resources: {},
    };
    api.failure = 'ReservedConcurrentExecutions decreases the unreserved concurrency below 100';
    const { code, stderr } = await bootstrap(['--yes'], EXAMPLE);
    expect(code).toBe(1);
    expect(stderr).toContain('the operation ended as UPDATE_ROLLBACK_COMPLETE');
    expect(stderr).toContain('WebhookLambdaFunction: ReservedConcurrentExecutions decreases');
  }, 300_000);

  it('refuses a configuration that functions do not support before it changes anything on AWS', async () => {
    const { code, stderr } = await bootstrapOfCheckout(
      ['--yes'],
      EXAMPLE.replaceAll('ssm:/headgate/fleet/token', 'env:TOKEN'),
    );
    expect(code).toBe(1);
    expect(stderr).toContain('in the template, everyone who can view a function could read it');
    expect(writes()).toEqual([]);
  }, 300_000);

  it('fails when no region is configured', async () => {
    const { AWS_REGION: _, ...env } = api.env;
    const { code, stderr } = await headgate(['bootstrap', '--yes'], { files: { 'headgate.yml': EXAMPLE }, env });
    expect(code).toBe(64);
    expect(stderr).toContain('Pass --region eu-west-1, set AWS_REGION, or set a region in the AWS profile.');
  });
});
