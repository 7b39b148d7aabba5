import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { may } from './rights.ts';

const FILE = join(dirname(fileURLToPath(import.meta.url)), '../../infra/deployer-policy.json');
const policy = JSON.parse(await readFile(FILE, 'utf8')) as Parameters<typeof may>[0][number];
const at = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:111122223333:${resource}`;
const ROLE = 'arn:aws:iam::111122223333:role/headgate-prod-deploy-eu-west-1';

describe('the policy of the user who runs bootstrap', () => {
  it.each([
    ['cloudformation:CreateChangeSet', at('cloudformation', 'stack/headgate-prod/51af3dc0')],
    ['s3:PutObject', 'arn:aws:s3:::headgate-prod-serverlessdeploymentbucket-abc/layers/kubectl.zip'],
    ['lambda:GetAccountSettings', '*'],
    ['lambda:CreateFunction', at('lambda', 'function:headgate-prod-webhook')],
    ['lambda:InvokeFunction', at('lambda', 'function:headgate-prod-deploy')],
    ['sqs:CreateQueue', at('sqs', 'headgate-prod-deploy.fifo')],
    ['iam:CreateRole', ROLE],
    ['iam:CreatePolicy', 'arn:aws:iam::111122223333:policy/headgate-prod-ClusterRoles-ABC'],
    ['events:PutRule', at('events', 'rule/headgate-prod-sweep')],
    ['logs:CreateLogGroup', at('logs', 'log-group:/aws/lambda/headgate-prod-sweep')],
    ['ssm:PutParameter', at('ssm', 'parameter/headgate/fleet/webhook-secret')],
    ['secretsmanager:DescribeSecret', at('secretsmanager', 'secret:headgate-fleet-abcdef')],
  ])('allows %s on %s', async (action, resource) => {
    expect(await may([policy], action, resource)).toBe(true);
  });

  it.each([
    ['ssm:GetParameter', at('ssm', 'parameter/headgate/fleet/webhook-secret')],
    ['secretsmanager:GetSecretValue', at('secretsmanager', 'secret:headgate-fleet-abcdef')],
    ['cloudformation:CreateChangeSet', at('cloudformation', 'stack/another/51af3dc0')],
    ['lambda:UpdateFunctionCode', at('lambda', 'function:another')],
    ['sqs:SendMessage', at('sqs', 'headgate-prod-deploy.fifo')],
    ['iam:CreateRole', 'arn:aws:iam::111122223333:role/another'],
    ['iam:PassRole', ROLE],
    ['eks:CreateAccessEntry', at('eks', 'cluster/prod')],
  ])('does not allow %s on %s', async (action, resource) => {
    expect(await may([policy], action, resource)).toBe(false);
  });

  it('allows passing the roles to Lambda alone', async () => {
    const to = (service: string) =>
      may([policy], 'iam:PassRole', { resource: ROLE, context: { 'iam:PassedToService': service } });
    expect(await to('lambda.amazonaws.com')).toBe(true);
    expect(await to('ec2.amazonaws.com')).toBe(false);
  });
});
