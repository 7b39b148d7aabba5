import type { Config, Repository } from '../../../config/checked/config.ts';
import { usesWork } from '../../../config/derived/uses-work.ts';
import { writtenRepositories } from '../../../config/derived/written-repositories.ts';
import { locationOf } from '../../../githost/codecommit/repository-url.ts';

/**
 * With names of 100 characters, a policy (6,144 characters) has this many, and so has an event pattern (4,096 bytes):
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
 */
const PER_RESOURCE = 20;

/**
 * The part of the template for repositories on CodeCommit: who may read and write them, and the rules by which a push invokes the
 * webhook function. A rule sees the events of the region that it is in, and those that other regions forward there.
 */
export function codecommitResources(config: Config) {
  // Not the webhook function, which strangers reach: it reads no Git.
  const readers = ['DeployRole', 'CheckRole', 'SweepRole', ...(usesWork(config) ? ['WorkRole'] : [])];
  const read = chunksOf(config.repositories.values()).flatMap(({ resources, suffix }) => {
    const rule = `CodecommitPushes${suffix}`;
    return [
      [`CodecommitRights${suffix}`, rightsTo(resources, { action: 'codecommit:GitPull', roles: readers })],
      [rule, ruleFor(resources)],
      [`${rule}Permission`, permissionOf(rule)],
    ] as const;
  });
  const written = chunksOf(writtenRepositories(config)).map(({ resources, suffix }) => {
    const right = { action: 'codecommit:GitPush', roles: ['WorkRole'] };
    return [`CodecommitWrites${suffix}`, rightsTo(resources, right)] as const;
  });
  return Object.fromEntries([...read, ...written]);
}

function chunksOf(repositories: Iterable<Repository>) {
  const arns = [...new Set([...repositories].flatMap(arnOf))].toSorted();
  return Array.from({ length: Math.ceil(arns.length / PER_RESOURCE) }, (_, index) => ({
    resources: arns.slice(index * PER_RESOURCE, (index + 1) * PER_RESOURCE).map((arn) => ({ 'Fn::Sub': arn })),
    suffix: index === 0 ? '' : String(index + 1),
  }));
}

/** In the account of the stack: nothing can let another account's role read a repository. */
function arnOf({ credentials, url }: Repository): readonly string[] {
  const at = credentials?.kind === 'iam' ? locationOf(new URL(url)) : null;
  if (at === null) return [];
  return [`arn:\${AWS::Partition}:codecommit:${at.region ?? '${AWS::Region}'}:\${AWS::AccountId}:${at.name}`];
}

function rightsTo(
  resources: readonly object[],
  { action, roles }: { readonly action: string; readonly roles: readonly string[] },
) {
  return {
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: {
      Description: 'The repositories on CodeCommit in headgate.yml',
      Roles: roles.map((name) => ({ Ref: name })),
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Sid: 'Repositories', Effect: 'Allow', Action: action, Resource: resources }],
      },
    },
  };
}

function ruleFor(resources: readonly object[]) {
  return {
    Type: 'AWS::Events::Rule',
    Properties: {
      Description: 'Pushes to the repositories on CodeCommit in headgate.yml',
      EventPattern: {
        source: ['aws.codecommit'],
        'detail-type': ['CodeCommit Repository State Change'],
        resources,
      },
      Targets: [{ Id: 'webhook', Arn: WEBHOOK }],
    },
  };
}

/** This proves the origin of an event: no other rule, and no other account, may invoke the function as EventBridge. */
function permissionOf(rule: string) {
  return {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      FunctionName: WEBHOOK,
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': [rule, 'Arn'] },
    },
  };
}

const WEBHOOK = { 'Fn::GetAtt': ['WebhookLambdaFunction', 'Arn'] };
