import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { secretRights } from '../src/platforms/aws/secrets/secret-rights.ts';
import type { AwsReference } from '../src/platforms/aws/secrets/secrets.ts';
import { clusterRoles } from '../src/platforms/aws/eks/cluster-roles.ts';
import { readConfig } from '../src/config/checked/read-config.ts';
import { asDeployError } from '../src/error/deploy-error.ts';

/*
 * Prints the template fragment that lets each function read its secrets and assume the roles of its clusters: `node infra/config-rights.ts headgate.yml`.
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

/** A managed policy has at most 6,144 characters: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const ROLES_PER_POLICY = 25;

function clusterPolicies(roles: readonly string[]) {
  const count = Math.ceil(roles.length / ROLES_PER_POLICY);
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      index === 0 ? 'ClusterRoles' : `ClusterRoles${index + 1}`,
      clusterPolicy(roles.slice(index * ROLES_PER_POLICY, (index + 1) * ROLES_PER_POLICY)),
    ]),
  );
}

/** Not a path with a wildcard: a role of that name in any other account would be one that functions may assume. */
function clusterPolicy(roles: readonly string[]) {
  return {
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: {
      Description: 'The roles of clusters in headgate.yml',
      Roles: [{ Ref: 'DeployRole' }, { Ref: 'CheckRole' }, { Ref: 'SweepRole' }],
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Sid: 'ReachClusters', Effect: 'Allow', Action: 'sts:AssumeRole', Resource: roles }],
      },
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
  return {
    Resources: {
      ...Object.fromEntries(
        needed.map(([name, references]) => [name, policyOf(name.replace(/Secrets$/, 'Role'), references)]),
      ),
      ...(isKms ? { DeployKeys: KMS } : {}),
      ...clusterPolicies(clusterRoles(read.config)),
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
