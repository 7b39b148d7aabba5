import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { registryOf } from '../src/platforms/aws/ecr/registry.ts';
import { secretRights } from '../src/platforms/aws/secrets/secret-rights.ts';
import type { AwsReference } from '../src/platforms/aws/secrets/secrets.ts';
import { readConfig } from '../src/config/checked/read-config.ts';
import { asDeployError } from '../src/error/deploy-error.ts';

/*
 * Prints the template fragment that lets each function read its secrets: `node infra/secret-rights.ts headgate.yml`.
 */

const ACTIONS = { ssm: 'ssm:GetParameter', secretsmanager: 'secretsmanager:GetSecretValue' } as const;

/** From a name or an ARN. In ARNs, Secrets Manager appends six random characters to a name. */
function arnOf(reference: AwsReference): unknown {
  const name = reference.kind === 'ssm' ? reference.name : reference.id;
  if (name.startsWith('arn:')) return name;
  const prefix = `arn:\${AWS::Partition}:${reference.kind}:\${AWS::Region}:\${AWS::AccountId}`;
  const resource = reference.kind === 'ssm' ? `parameter/${name.replace(/^\//, '')}` : `secret:${name}-??????`;
  return { 'Fn::Sub': `${prefix}:${resource}` };
}

function policyOf(role: string, references: readonly AwsReference[]) {
  const kinds = Map.groupBy(references, ({ kind }) => kind);
  const statements = [...kinds].map(([kind, ofKind]) => ({
    Effect: 'Allow',
    Action: ACTIONS[kind],
    // All keys of one secret are the same resource.
    Resource: [...new Map(ofKind.map((each) => [JSON.stringify(arnOf(each)), arnOf(each)])).values()],
  }));
  return {
    Type: 'AWS::IAM::RolePolicy',
    Properties: {
      RoleName: { Ref: role },
      PolicyName: 'secrets',
      PolicyDocument: { Version: '2012-10-17', Statement: statements },
    },
  };
}

/**
 * An encrypted file names its own KMS key, and comes from the deployed tree. So only keys with an alias that the
 * administrator chose (headgate-*) may be used, whatever key a tree names.
 */
const KMS = {
  Type: 'AWS::IAM::RolePolicy',
  Properties: {
    RoleName: { Ref: 'DeployRole' },
    PolicyName: 'keys',
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'kms:Decrypt',
          Resource: { 'Fn::Sub': 'arn:${AWS::Partition}:kms:*:${AWS::AccountId}:key/*' },
          Condition: { 'ForAnyValue:StringLike': { 'kms:ResourceAliases': 'alias/headgate-*' } },
        },
      ],
    },
  },
};

/** What `helm pull` reads of the charts that headgate.yml has in private registries of ECR. */
function chartRights(charts: readonly string[]) {
  const repositories = charts.flatMap((chart) => {
    const { host, pathname } = new URL(chart);
    const registry = registryOf(host);
    if (registry === null) return [];
    const { region, account } = registry;
    return [{ 'Fn::Sub': `arn:\${AWS::Partition}:ecr:${region}:${account}:repository${pathname}` }];
  });
  if (repositories.length === 0) return {};
  // A login is for all registries of the account: AWS takes no resource for it.
  const login = { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' };
  const read = { Effect: 'Allow', Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], Resource: repositories };
  return {
    DeployCharts: {
      Type: 'AWS::IAM::RolePolicy',
      Properties: {
        RoleName: { Ref: 'DeployRole' },
        PolicyName: 'charts',
        PolicyDocument: { Version: '2012-10-17', Statement: [login, read] },
      },
    },
  };
}

function template(path: string) {
  const read = readConfig({ text: readFileSync(path, 'utf8'), path: resolve(path), shownAs: path, env: process.env });
  if ('problems' in read) {
    throw new Error(read.problems.map((each) => `${each.subject}: ${each.message}. ${each.remedy}`).join('\n'));
  }
  const { webhook, deploy, check, sweep } = secretRights(read.config);
  const policies = { WebhookSecrets: webhook, DeploySecrets: deploy, CheckSecrets: check, SweepSecrets: sweep };
  const needed = Object.entries(policies).filter(([, references]) => references.length > 0);
  const deployed = [...read.config.targets, ...read.config.templates.map(({ settings }) => settings)];
  const isKms = deployed.some(({ decryption }) => decryption?.kms === true);
  const charts = deployed.flatMap(({ helm }) =>
    helm === null || helm.oci === null ? [] : [helm.chart === null ? helm.oci : `${helm.oci}/${helm.chart}`],
  );
  return {
    Resources: {
      ...Object.fromEntries(
        needed.map(([name, references]) => [name, policyOf(name.replace(/Secrets$/, 'Role'), references)]),
      ),
      ...(isKms ? { DeployKeys: KMS } : {}),
      ...chartRights([...new Set(charts)].toSorted()),
    },
  };
}

try {
  process.stdout.write(JSON.stringify(template(process.argv[2] ?? 'headgate.yml')));
} catch (thrown) {
  const { subject, message, remedy, code } = asDeployError(thrown);
  const text = code === 'internal' && thrown instanceof Error ? thrown.message : `${subject}: ${message}. ${remedy}`;
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
