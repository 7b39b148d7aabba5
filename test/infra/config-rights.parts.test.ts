import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { codecommitResources } from '../../src/platforms/aws/codecommit/push-events.ts';
import { aConfig, aRepository } from '../githost/builders.ts';

const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), '../../infra/config-rights.ts');

interface Fragment {
  readonly Resources: Readonly<
    Record<
      string,
      {
        Type: string;
        Properties: { Roles?: unknown; PolicyDocument: { Statement: { Action: string; Resource: unknown[] }[] } };
      }
    >
  >;
}

/** The rights: the layer with the configuration differs with each. */
async function fragmentOf(
  repository: Readonly<Record<string, unknown>>,
  targets: readonly object[] = [],
  clusters: object = { prod: { eks: { name: 'prod', region: 'eu-west-1' } } },
): Promise<Fragment> {
  const directory = await mkdtemp(join(tmpdir(), 'headgate-rights-'));
  const path = join(directory, 'headgate.yml');
  const config = {
    key: 'ssm:/headgate/key',
    clusters,
    repositories: { fleet: { host: 'github', url: 'https://github.com/acme/fleet.git', ...repository } },
    targets,
  };
  try {
    await writeFile(path, JSON.stringify(config));
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      SCRIPT,
      path,
    ]);
    const { ConfigLayer, ...Resources } = (JSON.parse(stdout) as Fragment).Resources;
    expect(ConfigLayer?.Type).toBe('AWS::Lambda::LayerVersion');
    return { Resources };
  } finally {
    await rm(directory, { recursive: true });
  }
}

const statementsOf = (fragment: Fragment, name: string) =>
  fragment.Resources[name]?.Properties.PolicyDocument.Statement.map(({ Action, Resource }) => [Action, Resource]);

it('turns the name of a secret into an ARN in this account, and keeps an ARN unchanged', async () => {
  const arn = 'arn:aws:ssm:us-east-1:444455556666:parameter/token';
  const fragment = await fragmentOf({ webhookSecret: ['ssm:hook', 'ssm:/a/b'], credentials: `ssm:${arn}` });
  const place = 'arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter';
  expect(statementsOf(fragment, 'WebhookSecrets')).toEqual([
    ['ssm:GetParameter', [{ 'Fn::Sub': `${place}/hook` }, { 'Fn::Sub': `${place}/a/b` }]],
  ]);
  expect(statementsOf(fragment, 'DeploySecrets')).toEqual([['ssm:GetParameter', [arn]]]);
  expect(statementsOf(fragment, 'SweepSecrets')).toEqual([['ssm:GetParameter', [arn]]]);
});

it('grants one permission for all keys of one secret', async () => {
  const fragment = await fragmentOf({ webhookSecret: ['secretsmanager:fleet#old', 'secretsmanager:fleet#new'] });
  const arn = 'arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:fleet-??????';
  expect(statementsOf(fragment, 'WebhookSecrets')).toEqual([['secretsmanager:GetSecretValue', [{ 'Fn::Sub': arn }]]]);
  expect(Object.keys(fragment.Resources)).toEqual(['WebhookSecrets']);
});

it('lets functions assume exactly the roles that targets and templates use, in policies that are short enough', async () => {
  const arn = (name: string) => `arn:aws:iam::111122223333:role/headgate/${name.padEnd(64, 'x')}`;
  const target = { repository: 'fleet', branch: 'main', cluster: 'prod', namespace: 'shop' };
  const targets = Array.from({ length: 60 }, (_, index) => ({
    ...target,
    name: `shop-${index}`,
    role: arn(`shop-${index}`),
  }));
  const forEach = { directories: 'clusters/*', clusters: ['prod'], namespaces: ['shop'] };
  const template = { ...target, name: '{{basename}}', forEach, role: arn('made') };
  const { Resources } = await fragmentOf({ webhookSecret: 'ssm:hook' }, [...targets, template]);
  const policies = Object.values(Resources).filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy');
  const documents = policies.map(({ Properties }) => Properties.PolicyDocument);
  expect(
    documents
      .flatMap(({ Statement }) => Statement.flatMap(({ Resource }) => Resource as string | readonly string[]))
      .toSorted(),
  ).toEqual([...targets.map(({ role }) => role), template.role].toSorted());
  for (const document of documents) expect(JSON.stringify(document).length).toBeLessThanOrEqual(6144);
  expect(policies.length).toBeLessThanOrEqual(10);
});

it('lets the sweep assume the read roles of clusters that have one, and the other functions not', async () => {
  const role = (name: string) => `arn:aws:iam::111122223333:role/headgate/${name}`;
  const target = { name: 'shop', repository: 'fleet', branch: 'main', cluster: 'prod', namespace: 'shop' };
  const eks = { name: 'prod', region: 'eu-west-1', role: role('shop'), readRole: role('shop-read') };
  const { Resources } = await fragmentOf({ webhookSecret: 'ssm:hook' }, [target], { prod: { eks } });
  const rights = Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::IAM::ManagedPolicy')
    .map(({ Properties: { Roles, PolicyDocument } }) => [Roles, PolicyDocument.Statement[0]?.Resource]);
  expect(rights).toEqual([
    [[{ Ref: 'DeployRole' }, { Ref: 'CheckRole' }], [role('shop')]],
    [[{ Ref: 'SweepRole' }], [role('shop-read')]],
  ]);
});

it('refuses a secret that would be visible in the template', async () => {
  await expect(fragmentOf({ webhookSecret: 'env:FLEET_SECRET' })).rejects.toMatchObject({
    stderr: expect.stringMatching(
      /^env:FLEET_SECRET: functions cannot use this secret.*Store it in Parameter Store/s,
    ) as string,
  });
});

it('lets only the deploy function decrypt manifests, and only with KMS keys that have our alias', async () => {
  const target = { name: 'shop', repository: 'fleet', branch: 'main', cluster: 'prod', namespace: 'shop' };
  const decryption = { age: 'ssm:/headgate/age', kms: true };
  const fragment = await fragmentOf({ webhookSecret: 'ssm:hook' }, [{ ...target, decryption }]);
  expect(Object.keys(fragment.Resources).toSorted()).toEqual(['DeployKeys', 'DeploySecrets', 'WebhookSecrets']);
  expect(fragment.Resources['DeployKeys']).toMatchObject({
    Properties: {
      RoleName: { Ref: 'DeployRole' },
      PolicyDocument: {
        Statement: [
          {
            Action: 'kms:Decrypt',
            Condition: { 'ForAnyValue:StringLike': { 'kms:ResourceAliases': 'alias/headgate-*' } },
          },
        ],
      },
    },
  });
  // Generated targets need the keys of their template.
  const forEach = { directories: 'clusters/*', clusters: ['prod'], namespaces: ['shop'] };
  const template = { ...target, name: '{{basename}}', forEach, decryption };
  expect(await fragmentOf({ webhookSecret: 'ssm:hook' }, [template])).toEqual(fragment);
  const without = await fragmentOf({ webhookSecret: 'ssm:hook' }, [target]);
  expect(Object.keys(without.Resources)).toEqual(['WebhookSecrets']);
});

it('lets the deploy function pull exactly the charts that are in private registries of ECR', async () => {
  const place = { repository: 'fleet', branch: 'main', cluster: 'prod' };
  const target = (name: string, oci: string) => ({
    ...place,
    name,
    namespace: name,
    path: name,
    helm: { oci, version: '1.2.3' },
  });
  const fragment = await fragmentOf({ webhookSecret: 'ssm:hook' }, [
    target('a', 'oci://111122223333.dkr.ecr.eu-west-1.amazonaws.com/charts/web'),
    target('b', 'oci://ghcr.io/acme/charts/web'),
  ]);
  const arn = 'arn:${AWS::Partition}:ecr:eu-west-1:111122223333:repository/charts/web';
  expect(statementsOf(fragment, 'DeployCharts')).toEqual([
    ['ecr:GetAuthorizationToken', '*'],
    [['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], [{ 'Fn::Sub': arn }]],
  ]);
  const host = '111122223333.dkr.ecr.eu-north-1.amazonaws.com';
  const dependent = { ...place, name: 'c', namespace: 'c', path: 'c', helm: { dependencies: [host, 'ghcr.io'] } };
  expect(statementsOf(await fragmentOf({ webhookSecret: 'ssm:hook' }, [dependent]), 'DeployCharts')).toEqual([
    ['ecr:GetAuthorizationToken', '*'],
    [
      ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      [{ 'Fn::Sub': 'arn:${AWS::Partition}:ecr:eu-north-1:111122223333:repository/*' }],
    ],
  ]);
  const without = await fragmentOf({ webhookSecret: 'ssm:hook' }, [target('b', 'oci://ghcr.io/acme/charts/web')]);
  expect(Object.keys(without.Resources)).toEqual(['WebhookSecrets']);
});

describe('repositories on CodeCommit', () => {
  const repository = (name: string, region = 'eu-west-1') => ({
    host: 'codecommit',
    url: `https://git-codecommit.${region}.amazonaws.com/v1/repos/${name}`,
    credentials: 'iam',
  });
  const arnOf = (name: string, region = 'eu-west-1') => ({
    'Fn::Sub': `arn:\${AWS::Partition}:codecommit:${region}:\${AWS::AccountId}:${name}`,
  });

  it('may be pulled by the functions that read Git, and invoke the webhook function by a rule, and no other may', async () => {
    const fragment = await fragmentOf(repository('fleet'));
    expect(Object.keys(fragment.Resources)).toEqual([
      'CodecommitRights',
      'CodecommitPushes',
      'CodecommitPushesPermission',
    ]);
    expect(statementsOf(fragment, 'CodecommitRights')).toEqual([['codecommit:GitPull', [arnOf('fleet')]]]);
    expect(fragment.Resources['CodecommitRights']?.Properties.Roles).toEqual([
      { Ref: 'DeployRole' },
      { Ref: 'CheckRole' },
      { Ref: 'SweepRole' },
    ]);
    const webhook = { 'Fn::GetAtt': ['WebhookLambdaFunction', 'Arn'] };
    expect(fragment.Resources['CodecommitPushes']?.Properties).toMatchObject({
      EventPattern: {
        source: ['aws.codecommit'],
        'detail-type': ['CodeCommit Repository State Change'],
        resources: [arnOf('fleet')],
      },
      Targets: [{ Id: 'webhook', Arn: webhook }],
    });
    expect(fragment.Resources['CodecommitPushesPermission']?.Properties).toEqual({
      FunctionName: webhook,
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': ['CodecommitPushes', 'Arn'] },
    });
  });

  it('are in as many rules and policies as their limits require, each once', () => {
    const names = Array.from({ length: 50 }, (_, index) => `r${index}-`.padEnd(100, 'x'));
    const repositories = [...names, ...names].map((name, index) =>
      aRepository({ ...repository(name), name: String(index), host: 'codecommit', credentials: { kind: 'iam' } }),
    );
    const resources = codecommitResources(aConfig(repositories, []));
    const shown = Object.values(resources).map((each) => JSON.stringify(each).replaceAll('${AWS::', '1'.repeat(8)));
    expect(shown).toHaveLength(9);
    for (const text of shown) expect(text.length).toBeLessThan(4096);
    const rights = Object.entries(resources).filter(([name]) => name.startsWith('CodecommitRights'));
    const listed = JSON.stringify(rights).match(/:r\d+-x+/g) ?? [];
    expect(listed.toSorted()).toEqual(names.map((name) => `:${name}`).toSorted());
  });
});
