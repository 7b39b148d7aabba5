import { beforeAll, describe, expect, it } from 'vitest';
import { codecommitResources } from '../../src/platforms/aws/codecommit/push-events.ts';
import { aConfig, aRepository } from '../githost/builders.ts';
import { brokenRules } from './guard.ts';
import { packagedCheckout, stackOf } from './packaged.ts';
import type { Packaged, Template } from './packaged.ts';
import { granted, may, maySend, policiesOf, queueArn, roleArn } from './rights.ts';
import { errorsOf } from './service-spec.ts';

let first: Packaged;
let template: Template;

beforeAll(async () => {
  first = await packagedCheckout();
  template = stackOf(first.template);
}, 240_000);

/** The template with one property of one resource changed. */
function changed(name: string, properties: Readonly<Record<string, unknown>>): Template {
  const resource = template.Resources[name];
  if (resource === undefined) throw new Error(`resource ${name} does not exist`);
  const Properties = { ...resource.Properties, ...properties };
  return { ...template, Resources: { ...template.Resources, [name]: { ...resource, Properties } } };
}

describe('the template', () => {
  it('matches the service specification', () => {
    expect(errorsOf(template)).toEqual([]);
  });

  it.each([
    [{ VisibilityTimeOut: 900 }, 'DeployQueue.VisibilityTimeOut is unknown'],
    [{ VisibilityTimeout: '900' }, 'DeployQueue.VisibilityTimeout is not of type integer'],
  ])('does not match the service specification with %j', (properties, error) => {
    expect(errorsOf(changed('DeployQueue', properties))).toEqual([error]);
  });

  it('complies with every rule in rules.guard', async () => {
    expect(await brokenRules(template)).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['CheckQueue', { SqsManagedSseEnabled: false }, 'queues_are_encrypted'],
    ['CheckDeadLetters', { MessageRetentionPeriod: 3600 }, 'queues_keep_what_is_lost_for_two_weeks'],
    ['DeployQueue', { DeduplicationScope: 'queue' }, 'deploys_are_in_order'],
    ['OnlyTls', { PolicyDocument: { Statement: [] } }, 'queues_take_tls_only'],
    ['SweepLambdaFunction', { LoggingConfig: {} }, 'functions_log_json'],
    ['SweepLambdaFunction', { Runtime: 'nodejs22.x' }, 'functions_run_on_node_24'],
    ['WebhookLambdaFunction', { ReservedConcurrentExecutions: undefined }, 'functions_are_capped'],
    ['DeployLambdaFunction', { Architectures: ['arm64'] }, 'functions_that_render_are_x86'],
    ['SweepLambdaFunction', { Layers: [{ Ref: 'OtherLayer' }] }, 'functions_have_the_configuration'],
    ['SweepLogGroup', { RetentionInDays: undefined }, 'logs_expire'],
    ['DeployEventSourceMappingSQSDeployQueue', { FunctionResponseTypes: [] }, 'batches_fail_in_part'],
    ['DeployEventSourceMappingSQSDeployQueue', { ScalingConfig: {} }, 'runs_are_not_throttled'],
    ['CheckQueue', { RedrivePolicy: { maxReceiveCount: 20 } }, 'checks_are_deferred_by_visibility'],
    ['OldestRequestAlarm', { TreatMissingData: 'missing' }, 'alarms_are_quiet_without_data'],
    ['SweepRole', { ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] }, 'roles_name_their_actions'],
  ])('breaks a rule in rules.guard when %s has %j', async (name, properties, rule) => {
    expect(await brokenRules(changed(name, properties))).toEqual([rule]);
  });

  it('drops a sweep that could not start within a minute, when the next one is due', () => {
    const configs = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::EventInvokeConfig');
    expect(configs.map(({ Properties }) => Properties)).toMatchObject([
      { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 },
    ]);
  });

  it('gives the function that renders room for what it reads', () => {
    const properties = template.Resources['DeployLambdaFunction']?.Properties;
    expect(properties).toMatchObject({ MemorySize: 1024, EphemeralStorage: { Size: 1024 } });
  });

  it('watches what goes wrong without an error of a function: answers of the URL, throttles, and outcomes', () => {
    const alarms = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
    const watched = alarms.map(({ Properties }) => [Properties?.['Namespace'], Properties?.['MetricName']].join(' '));
    expect(watched).toEqual(
      expect.arrayContaining(['AWS/Lambda Url5xxCount', 'AWS/Lambda Throttles', 'Headgate problems']),
    );
  });

  it('gives every function its own role', () => {
    const functions = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
    const roles = functions.map(({ Properties }) => JSON.stringify(Properties?.['Role']));
    expect(functions).toHaveLength(4);
    expect(new Set(roles).size).toBe(4);
  });

  it('reserves as much concurrency for the deploy function as its queue may use, and polls no other queue with five pollers', () => {
    const mappings = Object.entries(template.Resources).filter(
      ([, { Type }]) => Type === 'AWS::Lambda::EventSourceMapping',
    );
    const started = mappings.map(([name, { Properties }]) => [name, Properties?.['ScalingConfig']]);
    expect(Object.fromEntries(started)).toEqual({
      DeployEventSourceMappingSQSDeployQueue: { MaximumConcurrency: 10 },
      CheckEventSourceMappingSQSCheckQueue: undefined,
    });
    expect(template.Resources['DeployLambdaFunction']?.Properties?.['ReservedConcurrentExecutions']).toBe(10);
  });
});

const LOGS = (name: string) => [
  `logs:CreateLogStream arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/headgate-prod-${name}:*`,
  `logs:PutLogEvents arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/headgate-prod-${name}:*`,
];
const PARAMETER = 'arn:aws:ssm:eu-west-1:111122223333:parameter/headgate/fleet';
const CLUSTER_ROLE = 'arn:aws:iam::111122223333:role/headgate/shop-prod';
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd';
const WORK = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'];

describe('the permissions of the functions', () => {
  it('let the webhook read its secrets and queue deploys', () => {
    expect(granted(policiesOf(template, 'WebhookRole'))).toEqual([
      ...LOGS('webhook'),
      `sqs:SendMessage ${queueArn('DeployQueue')}`,
      `ssm:GetParameter ${PARAMETER}/webhook-secret`,
    ]);
  });

  it('let the deploy function use its queue, queue checks, read Git credentials, and assume the cluster’s role', () => {
    expect(granted(policiesOf(template, 'DeployRole'))).toEqual(
      [
        ...LOGS('deploy'),
        ...WORK.map((action) => `${action} ${queueArn('DeployQueue')}`),
        `sqs:SendMessage ${queueArn('DeployQueue')}`,
        `sqs:SendMessage ${queueArn('CheckQueue')}`,
        `ssm:GetParameter ${PARAMETER}/token`,
        `sts:AssumeRole ${CLUSTER_ROLE}`,
      ].toSorted(),
    );
  });

  it('let the check function use its queue, queue the next wave, write statuses, and assume the cluster’s role', () => {
    expect(granted(policiesOf(template, 'CheckRole'))).toEqual(
      [
        ...LOGS('check'),
        ...WORK.map((action) => `${action} ${queueArn('CheckQueue')}`),
        `sqs:SendMessage ${queueArn('DeployQueue')}`,
        `sqs:SendMessage ${queueArn('CheckQueue')}`,
        `ssm:GetParameter ${PARAMETER}/token`,
        `sts:AssumeRole ${CLUSTER_ROLE}`,
      ].toSorted(),
    );
  });

  it('let the sweep read Git credentials, assume the cluster’s role, empty the dead letters, and queue deploys', () => {
    expect(granted(policiesOf(template, 'SweepRole'))).toEqual([
      ...LOGS('sweep'),
      ...['sqs:DeleteMessage', 'sqs:ReceiveMessage'].flatMap((action) =>
        ['DeployDeadLetters', 'CheckDeadLetters'].map((queue) => `${action} ${queueArn(queue)}`).toSorted(),
      ),
      `sqs:SendMessage ${queueArn('DeployQueue')}`,
      `ssm:GetParameter ${PARAMETER}/token`,
      `sts:AssumeRole ${CLUSTER_ROLE}`,
    ]);
  });

  const role = CLUSTER_ROLE;
  const unnamed = 'arn:aws:iam::444455556666:role/headgate/shop-prod';
  const other = 'arn:aws:iam::444455556666:role/admin';
  const cluster = 'arn:aws:eks:eu-west-1:111122223333:cluster/prod';
  it.each<[string, string, string, readonly string[]]>([
    [
      'send a deploy',
      'sqs:SendMessage',
      queueArn('DeployQueue'),
      ['WebhookRole', 'DeployRole', 'CheckRole', 'SweepRole'],
    ],
    ['receive a deploy', 'sqs:ReceiveMessage', queueArn('DeployQueue'), ['DeployRole']],
    ['receive a check', 'sqs:ReceiveMessage', queueArn('CheckQueue'), ['CheckRole']],
    ['receive a dead letter', 'sqs:ReceiveMessage', queueArn('DeployDeadLetters'), ['SweepRole']],
    ['receive from another queue', 'sqs:ReceiveMessage', queueArn('another'), []],
    ['purge the queue', 'sqs:PurgeQueue', queueArn('DeployQueue'), []],
    ['read the webhook’s secret', 'ssm:GetParameter', `${PARAMETER}/webhook-secret`, ['WebhookRole']],
    ['read a Git credential', 'ssm:GetParameter', `${PARAMETER}/token`, ['DeployRole', 'CheckRole', 'SweepRole']],
    ['read another parameter', 'ssm:GetParameter', `${PARAMETER}/another`, []],
    ['assume the role of a cluster', 'sts:AssumeRole', role, ['DeployRole', 'CheckRole', 'SweepRole']],
    ['assume a role of that path that headgate.yml does not name', 'sts:AssumeRole', unnamed, []],
    ['assume a role on another path', 'sts:AssumeRole', other, []],
    ['use a KMS key', 'kms:Decrypt', KEY, []],
    ['describe a cluster', 'eks:DescribeCluster', cluster, []],
    ['create an access entry', 'eks:CreateAccessEntry', cluster, []],
    ['create a role', 'iam:CreateRole', role, []],
    ['pass a role', 'iam:PassRole', role, []],
  ])('allow only the expected functions to %s', async (_, action, resource, wanted) => {
    const roles = ['WebhookRole', 'DeployRole', 'CheckRole', 'SweepRole'];
    const answers = await Promise.all(roles.map((name) => may(policiesOf(template, name), action, resource)));
    expect(roles.filter((_name, index) => answers[index])).toEqual(wanted);
  });
});

describe('a stack for repositories on CodeCommit', () => {
  const withCodecommit = (): Template => {
    const repository = aRepository({
      host: 'codecommit',
      url: 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet',
      credentials: { kind: 'iam' },
    });
    const more = codecommitResources(aConfig([repository], [])) as Template['Resources'];
    return { ...template, Resources: { ...template.Resources, ...more } };
  };
  const arn = 'arn:aws:codecommit:eu-west-1:111122223333:fleet';

  it('matches the service specification, and complies with every rule', async () => {
    expect(errorsOf(withCodecommit())).toEqual([]);
    expect(await brokenRules(withCodecommit())).toEqual([]);
  });

  it.each<[string, string, string, readonly string[]]>([
    ['pull the repository', 'codecommit:GitPull', arn, ['DeployRole', 'CheckRole', 'SweepRole']],
    ['pull another one', 'codecommit:GitPull', `${arn}-2`, []],
    ['pull one of that name in another region', 'codecommit:GitPull', arn.replace('eu-west-1', 'eu-west-2'), []],
    ['pull one of that name in another account', 'codecommit:GitPull', arn.replace('111122223333', '444455556666'), []],
    ['push to the repository', 'codecommit:GitPush', arn, []],
    ['delete the repository', 'codecommit:DeleteRepository', arn, []],
  ])('allows only the expected functions to %s', async (_, action, resource, wanted) => {
    const roles = ['WebhookRole', 'DeployRole', 'CheckRole', 'SweepRole'];
    const answers = await Promise.all(roles.map((name) => may(policiesOf(withCodecommit(), name), action, resource)));
    expect(roles.filter((_name, index) => answers[index])).toEqual(wanted);
  });
});

describe('the policy of the queues', () => {
  it.each<[string, string, boolean]>([
    ['the webhook function', roleArn('WebhookRole'), true],
    ['the deploy function', roleArn('DeployRole'), true],
    ['the check function', roleArn('CheckRole'), true],
    ['the sweep', roleArn('SweepRole'), true],
    ['an administrator of the account', `arn:aws:iam::111122223333:user/admin`, false],
    ['another role', roleArn('another'), false],
  ])('decides about what %s sends, whatever its own policies allow', async (_, principal, isAllowed) => {
    const policy = template.Resources['OnlyTls']?.Properties?.['PolicyDocument'];
    const queues = ['DeployQueue', 'CheckQueue', 'DeployDeadLetters', 'CheckDeadLetters'];
    const answers = await Promise.all(queues.map((queue) => maySend(policy, principal, queue)));
    expect(answers).toEqual(queues.map(() => isAllowed));
  });
});

describe('the front of the webhook function', () => {
  const publicAccess = (stack: Template) =>
    Object.values(stack.Resources).flatMap(({ Type, Properties }) =>
      Type === 'AWS::Lambda::Permission' && JSON.stringify(Properties?.['FunctionName']).includes('Webhook')
        ? [`${String(Properties?.['Action'])} ${String(Properties?.['Principal'])}`]
        : [],
    );

  it('is a function URL, which takes both permissions', () => {
    expect(publicAccess(template)).toEqual(['lambda:InvokeFunctionUrl *', 'lambda:InvokeFunction *']);
    expect(Object.values(template.Resources).some(({ Type }) => Type.startsWith('AWS::ApiGateway'))).toBe(false);
  });

  it('is, with Front: api, an HTTP API that sends the same event, and no function is public', () => {
    const stack = stackOf(first.template, { Front: 'api' });
    expect(errorsOf(stack)).toEqual([]);
    expect(publicAccess(stack)).toEqual(['lambda:InvokeFunction apigateway.amazonaws.com']);
    expect(stack.Resources['WebhookApiIntegration']?.Properties).toMatchObject({ PayloadFormatVersion: '2.0' });
    expect(Object.values(stack.Resources).some(({ Type }) => Type === 'AWS::Lambda::Url')).toBe(false);
  });
});

describe('the settings of the stack', () => {
  const FUNCTIONS = ['Webhook', 'Deploy', 'Check', 'Sweep'];
  const propertiesOf = (stack: Template, kind: string, names = FUNCTIONS) =>
    names.map((name) => stack.Resources[`${name}${kind}`]?.Properties ?? {});

  it('bound the permissions of every role, and name it with a prefix', () => {
    const PermissionsBoundary = 'arn:aws:iam::111122223333:policy/boundary';
    const stack = stackOf(first.template, { PermissionsBoundaryArn: PermissionsBoundary, RolePrefix: 'acme-' });
    expect(errorsOf(stack)).toEqual([]);
    for (const properties of propertiesOf(stack, 'Role')) expect(properties).toMatchObject({ PermissionsBoundary });
    const all = Object.values(stack.Resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
    expect(all).toHaveLength(4);
    expect(all.every(({ Properties }) => JSON.stringify(Properties?.['RoleName']).includes('${RolePrefix}'))).toBe(
      true,
    );
  });

  it('encrypt queues, logs and variables with one key, which every role may use', async () => {
    const stack = stackOf(first.template, { KmsKeyArn: KEY });
    expect(errorsOf(stack)).toEqual([]);
    for (const properties of propertiesOf(stack, 'LambdaFunction'))
      expect(properties).toMatchObject({ KmsKeyArn: KEY });
    for (const properties of propertiesOf(stack, 'LogGroup')) expect(properties).toMatchObject({ KmsKeyId: KEY });
    const queues = Object.values(stack.Resources).filter(({ Type }) => Type === 'AWS::SQS::Queue');
    expect(queues).toHaveLength(4);
    for (const { Properties } of queues) {
      expect(Properties).toMatchObject({ KmsMasterKeyId: KEY });
      expect(Properties).not.toHaveProperty('SqsManagedSseEnabled');
    }
    for (const name of FUNCTIONS) {
      const policies = policiesOf(stack, `${name}Role`);
      expect(await may(policies, 'kms:GenerateDataKey', KEY)).toBe(true);
      expect(await may(policies, 'kms:GenerateDataKey', KEY.replace('1234', '5678'))).toBe(false);
    }
  });

  it('put every function but the public one into the VPC', () => {
    const none = propertiesOf(stackOf(first.template), 'LambdaFunction').map((each) => each['VpcConfig']);
    expect(none).toEqual([undefined, undefined, undefined, undefined]);
    const stack = stackOf(first.template, { SubnetIds: 'subnet-1,subnet-2', SecurityGroupIds: 'sg-1' });
    const [webhook, ...inside] = propertiesOf(stack, 'LambdaFunction').map((each) => each['VpcConfig']);
    expect(webhook).toBeUndefined();
    for (const each of inside) expect(each).toEqual({ SubnetIds: 'subnet-1,subnet-2', SecurityGroupIds: 'sg-1' });
    expect(policiesOf(stack, 'WebhookRole').flatMap(({ Statement }) => Statement)).not.toContainEqual(
      expect.objectContaining({ Sid: 'AttachNetworkInterfaces' }),
    );
  });

  it('keep logs as long as the parameter says', () => {
    const stack = stackOf(first.template, { LogRetentionDays: '90' });
    expect(propertiesOf(stack, 'LogGroup').map((each) => each['RetentionInDays'])).toEqual(['90', '90', '90', '90']);
  });
});

describe('the dashboard and the saved queries', () => {
  /** The fields of Headgate's log lines (outcome, readiness, response to a delivery), and Lambda's own. */
  const FIELDS = new Set(
    (
      'refused time level message target repository revision previous delivery verdict status created updated unchanged pruned ' +
      'failed durationMs stagesMs.fetch stagesMs.render stagesMs.plan stagesMs.apply stagesMs.record requests.git ' +
      'requests.kubernetes requests.host errors.0.code errors.0.subject errors.0.message errors.0.remedy'
    ).split(' '),
  );
  const KEYWORDS = new Set(
    'fields filter stats sum coalesce sort limit by as and or in like asc desc count pct avg bin ispresent source'.split(
      ' ',
    ),
  );

  /** The field names in a query: neither keywords nor aliases that the query defines. */
  function fieldsOf(query: string): readonly string[] {
    const bare = query.replaceAll(/SOURCE '[^']*'|'[^']*'|"[^"]*"|\/[^/\n]*\//g, ' ');
    const aliases = new Set([...bare.matchAll(/\bas (\w+)/g)].map(([, name]) => name));
    const names = [...bare.matchAll(/(?<![\w.])[A-Za-z][\w.]*/g)].map(([name]) => name);
    return names.filter((name) => !KEYWORDS.has(name.toLowerCase()) && !aliases.has(name));
  }

  const queries = () => {
    const saved = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Logs::QueryDefinition');
    const body = template.Resources['Dashboard']?.Properties?.['DashboardBody'] as { 'Fn::Sub': string };
    const { widgets } = JSON.parse(body['Fn::Sub']) as { widgets: { properties: { query?: string } }[] };
    return [
      ...saved.map(({ Properties }) => String(Properties?.['QueryString'])),
      ...widgets.flatMap(({ properties }) => (properties.query === undefined ? [] : [properties.query])),
    ];
  };

  it('use only fields that log lines have', () => {
    expect(queries()).toHaveLength(9);
    const unknown = queries().flatMap((query) => fieldsOf(query).filter((field) => !FIELDS.has(field)));
    expect(unknown).toEqual([]);
    expect(fieldsOf('filter verdickt = "deployed" | stats count(*) as runs by bin(1m)')).toEqual(['verdickt']);
  });
});
