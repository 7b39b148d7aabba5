import type { Config } from '../../../config/checked/config.ts';
import { chartPolicies } from '../ecr/chart-rights.ts';
import { secretRights } from './secret-rights.ts';
import type { AwsReference } from './secrets.ts';

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
const kmsOf = (role: string) => ({
  Type: 'AWS::IAM::RolePolicy',
  Properties: {
    RoleName: { Ref: role },
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
});

/**
 * The fragment of the template that lets each function read its secrets in this headgate.yml.
 * @throws DeployError `config-invalid` for a secret that functions could only get in clear text
 */
export function secretPolicies(config: Config) {
  const { webhook, deploy, check, sweep, work } = secretRights(config);
  const policies = {
    WebhookSecrets: webhook,
    DeploySecrets: deploy,
    CheckSecrets: check,
    SweepSecrets: sweep,
    WorkSecrets: work,
  };
  const needed = Object.entries(policies).filter(([, references]) => references.length > 0);
  const deployed = [...config.targets, ...config.templates.map(({ settings }) => settings)];
  const encrypted = deployed.filter(({ decryption }) => decryption?.kms === true);
  const isPlanned = encrypted.some(({ repository }) => repository.pullRequests.plan);
  return {
    Resources: {
      ...Object.fromEntries(
        needed.map(([name, references]) => [name, policyOf(name.replace(/Secrets$/, 'Role'), references)]),
      ),
      ...(encrypted.length > 0 ? { DeployKeys: kmsOf('DeployRole') } : {}),
      ...(isPlanned ? { WorkKeys: kmsOf('WorkRole') } : {}),
      ...chartPolicies(config),
    },
  };
}
