import { beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/checked/read-config.ts';
import { configPolicies } from '../../src/platforms/aws/lambda/config-policies.ts';
import { brokenRules } from './guard.ts';
import { packagedCheckout, stackOf } from './packaged.ts';
import type { Packaged, Template } from './packaged.ts';
import { granted, may, maySend, policiesOf, queueArn, roleArn } from './rights.ts';
import { errorsOf } from './service-spec.ts';

const TARGET = `{ name: shop, repository: fleet, branch: main, cluster: prod, namespace: shop, decryption: { age: ssm:age } }`;
const PLAIN = `
clusters:
  prod: { eks: { name: prod, region: eu-west-1, role: "arn:aws:iam::111122223333:role/headgate/shop", externalId: long-random-text } }
repositories:
  fleet:
    host: github
    url: https://github.com/acme/fleet.git
    webhookSecret: ssm:hook
    credentials: ssm:token
    MORE
targets: [${TARGET}]
`;
const ECR = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';
const IMAGE = `
  - name: web
    image: ${ECR}/acme/web
    policy: { semver: ^1.0.0 }
    credentials: ecr
    webhook: { kind: signed, secret: ssm:image-hook }
    writes: [{ repository: fleet, branch: main, paths: ["apps/**"] }]`;
const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:deploys';
const ALL = `${PLAIN.replace('MORE', 'write: ssm:write\n    pullRequests: { plan: true }')}
key: ssm:key
images:${IMAGE}
channels:
  team: { kind: slack, url: ssm:slack }
  topic: { kind: sns, topic: "${TOPIC}" }
`;
const MESSAGES = `${PLAIN.replace('MORE', 'notify: [team]')}
channels: { team: { kind: slack, url: ssm:slack } }
`;
/** Headgate may write to four repositories, and writes to three of them. */
const CODECOMMIT = `
clusters:
  prod: { eks: { name: prod, region: eu-west-1 } }
repositories:
${['fleet', 'stages', 'recorded', 'read']
  .map((name) => {
    const url = `https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/${name}`;
    const record = name === 'recorded' ? ', record: refs' : '';
    return `  ${name}: { host: codecommit, url: "${url}", credentials: iam, write: iam${record} }`;
  })
  .join('\n')}
targets:
  - { name: dev, repository: read, branch: main, path: dev, cluster: prod, namespace: dev }
  - { name: live, repository: stages, branch: main, path: live, cluster: prod, namespace: live }
promotions: [{ name: shop, stages: [dev, live] }]
images:${IMAGE}
`;

let first: Packaged;

beforeAll(async () => {
  first = await packagedCheckout();
}, 240_000);

/** The template as `bootstrap` deploys it for this headgate.yml. */
function stackFor(text: string, parameters: Readonly<Record<string, string>> = {}): Template {
  const read = readConfig({ text, path: '/headgate.yml' });
  if ('problems' in read) throw new Error(JSON.stringify(read.problems));
  const { Conditions, Resources } = configPolicies(read.config, 'prod');
  const merged = {
    ...first.template,
    Conditions: { ...first.template.Conditions, ...Conditions },
    Resources: { ...first.template.Resources, ...Resources },
  } as Template;
  return stackOf(merged, parameters);
}

const ofType = ({ Resources }: Template, type: string) =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);
const PARAMETER = 'arn:aws:ssm:eu-west-1:111122223333:parameter';
const CLUSTER_ROLE = 'arn:aws:iam::111122223333:role/headgate/shop';
const ROLES = ['WebhookRole', 'DeployRole', 'CheckRole', 'SweepRole', 'WorkRole'];

describe('the work function', () => {
  it('is in the stack with its queues only where headgate.yml uses something that it does', () => {
    const without = stackFor(PLAIN.replace('MORE', ''));
    expect(JSON.stringify(without)).not.toMatch(/"WorkQueue|HEADGATE_WORK_QUEUE_URL|headgate-prod-work/);
    const stack = stackFor(MESSAGES);
    for (const type of ['AWS::Lambda::Function', 'AWS::IAM::Role', 'AWS::Logs::LogGroup'])
      expect([type, ofType(without, type).length, ofType(stack, type).length]).toEqual([type, 4, 5]);
    expect(ofType(stack, 'AWS::SQS::Queue').map(([name]) => name)).toEqual(
      expect.arrayContaining(['WorkQueue', 'WorkDeadLetters']),
    );
    const urls = ofType(stack, 'AWS::Lambda::Function').map(([, { Properties }]) =>
      JSON.stringify(Properties?.['Environment']),
    );
    expect(urls.every((each) => each.includes('"HEADGATE_WORK_QUEUE_URL":{"Ref":"WorkQueue"}'))).toBe(true);
    expect(stack.Resources['WorkEventSourceMappingSQSWorkQueue']?.Properties?.['ScalingConfig']).toBeUndefined();
  });

  it.each([
    ['messages alone', MESSAGES, {}],
    ['everything', ALL, {}],
    ['everything, with a boundary', ALL, { PermissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/b' }],
  ])('matches the service specification and every rule with %s', async (_, text, parameters) => {
    const stack = stackFor(text, parameters);
    expect(errorsOf(stack)).toEqual([]);
    expect(await brokenRules(stack)).toEqual([]);
  });

  it('has the key, the VPC and the boundary of the stack, as the deploy function has', () => {
    const KmsKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd';
    const PermissionsBoundary = 'arn:aws:iam::111122223333:policy/b';
    const given = {
      KmsKeyArn,
      SubnetIds: 'subnet-1',
      SecurityGroupIds: 'sg-1',
      PermissionsBoundaryArn: PermissionsBoundary,
    };
    const { Resources } = stackFor(MESSAGES, given);
    const [work, deploy] = ['Work', 'Deploy'].map((name) => Resources[`${name}LambdaFunction`]?.Properties ?? {});
    for (const key of ['VpcConfig', 'KmsKeyArn', 'Layers', 'Architectures', 'MemorySize', 'Timeout'])
      expect([key, work?.[key]]).toEqual([key, deploy?.[key]]);
    expect(Resources['WorkRole']?.Properties).toMatchObject({ PermissionsBoundary });
    expect(Resources['WorkQueue']?.Properties).toMatchObject({ KmsMasterKeyId: KmsKeyArn });
    for (const attached of ['KmsKeyUse', 'VpcAccess'])
      expect(Resources[attached]?.Properties?.['Roles']).toContainEqual({ Ref: 'WorkRole' });
  });
});

describe('the permissions of the functions', () => {
  it('let the work function of an installation that only sends messages read the secrets of its channels, and no cluster', () => {
    const logs = 'arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/headgate-prod-work:*';
    const receiving = ['ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility', 'GetQueueAttributes'];
    expect(granted(policiesOf(stackFor(MESSAGES), 'WorkRole'))).toEqual(
      [
        `logs:CreateLogStream ${logs}`,
        `logs:PutLogEvents ${logs}`,
        ...receiving.map((action) => `sqs:${action} ${queueArn('WorkQueue')}`),
        ...['WorkQueue', 'DeployQueue', 'CheckQueue'].map((name) => `sqs:SendMessage ${queueArn(name)}`),
        `ssm:GetParameter ${PARAMETER}/slack`,
        `ssm:GetParameter ${PARAMETER}/token`,
      ].toSorted(),
    );
  });

  it.each<[string, string, string, readonly string[]]>([
    ['send work', 'sqs:SendMessage', queueArn('WorkQueue'), ROLES],
    ['receive work', 'sqs:ReceiveMessage', queueArn('WorkQueue'), ['WorkRole']],
    ['receive a deploy', 'sqs:ReceiveMessage', queueArn('DeployQueue'), ['DeployRole']],
    ['read what writes to Git', 'ssm:GetParameter', `${PARAMETER}/write`, ['WorkRole']],
    ['read the secret of a channel', 'ssm:GetParameter', `${PARAMETER}/slack`, ['WorkRole']],
    ['read the key of plans and approvals', 'ssm:GetParameter', `${PARAMETER}/key`, ['DeployRole', 'WorkRole']],
    ['read a key that decrypts manifests', 'ssm:GetParameter', `${PARAMETER}/age`, ['DeployRole', 'WorkRole']],
    ['read the secret of a registry’s webhook', 'ssm:GetParameter', `${PARAMETER}/image-hook`, ['WebhookRole']],
    ['publish on a topic', 'sns:Publish', TOPIC, ['WorkRole']],
    ['publish on another topic', 'sns:Publish', `${TOPIC}-2`, []],
    [
      'list the tags of an image',
      'ecr:ListImages',
      'arn:aws:ecr:eu-west-1:111122223333:repository/acme/web',
      ['WorkRole'],
    ],
    ['list the tags of another image', 'ecr:ListImages', 'arn:aws:ecr:eu-west-1:111122223333:repository/acme/api', []],
    ['push an image', 'ecr:PutImage', 'arn:aws:ecr:eu-west-1:111122223333:repository/acme/web', []],
    [
      'assume the role of a cluster',
      'sts:AssumeRole',
      CLUSTER_ROLE,
      ['DeployRole', 'CheckRole', 'SweepRole', 'WorkRole'],
    ],
  ])('allow only the expected functions to %s', async (_, action, resource, wanted) => {
    const stack = stackFor(ALL);
    const answers = await Promise.all(ROLES.map((name) => may(policiesOf(stack, name), action, resource)));
    expect(ROLES.filter((_name, index) => answers[index])).toEqual(wanted);
  });

  const at = (name: string) => `arn:aws:codecommit:eu-west-1:111122223333:${name}`;

  it.each<[string, string, string, readonly string[]]>([
    ['pull', 'codecommit:GitPull', at('fleet'), ['DeployRole', 'CheckRole', 'SweepRole', 'WorkRole']],
    ['push what images write', 'codecommit:GitPush', at('fleet'), ['WorkRole']],
    ['push promotions to the next stage', 'codecommit:GitPush', at('stages'), ['WorkRole']],
    ['push records', 'codecommit:GitPush', at('recorded'), ['WorkRole']],
    ['push to a repository that nothing writes to', 'codecommit:GitPush', at('read'), []],
    ['push to one that headgate.yml does not have', 'codecommit:GitPush', at('fleet-2'), []],
  ])('allow only the expected functions to %s on CodeCommit', async (_, action, resource, wanted) => {
    const stack = stackFor(CODECOMMIT);
    expect(errorsOf(stack)).toEqual([]);
    const answers = await Promise.all(ROLES.map((name) => may(policiesOf(stack, name), action, resource)));
    expect(ROLES.filter((_name, index) => answers[index])).toEqual(wanted);
  });

  it('let no one but the functions send to any queue, the work function included', async () => {
    const { Resources } = stackFor(ALL);
    const senders = [...ROLES.map(roleArn), roleArn('another')];
    for (const [policy, queues] of [
      ['OnlyTls', ['DeployQueue', 'CheckQueue']],
      ['OnlyTlsToWork', ['WorkQueue', 'WorkDeadLetters']],
    ] as const)
      for (const queue of queues) {
        const document = Resources[policy]?.Properties?.['PolicyDocument'];
        const answers = await Promise.all(senders.map((sender) => maySend(document, sender, queue)));
        expect([queue, ...answers]).toEqual([queue, true, true, true, true, true, false]);
      }
  });
});

it('pushes to ECR invoke the webhook function, for the images of headgate.yml alone', () => {
  const { Resources } = stackFor(ALL);
  expect(Resources['ImagePushes']?.Properties).toMatchObject({
    EventPattern: {
      source: ['aws.ecr'],
      'detail-type': ['ECR Image Action'],
      detail: { 'action-type': ['PUSH'], result: ['SUCCESS'], 'repository-name': ['acme/web'] },
    },
    Targets: [{ Arn: { 'Fn::GetAtt': ['WebhookLambdaFunction', 'Arn'] } }],
  });
  expect(Resources['ImagePushesPermission']?.Properties).toMatchObject({
    Principal: 'events.amazonaws.com',
    SourceArn: { 'Fn::GetAtt': ['ImagePushes', 'Arn'] },
  });
  expect(ofType(stackFor(MESSAGES), 'AWS::Events::Rule').map(([name]) => name)).not.toContain('ImagePushes');
});
