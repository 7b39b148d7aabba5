import type { Config } from '../../../config/checked/config.ts';
import { registryOf } from './registry.ts';

type Images = Pick<Config, 'images'>;

/** What reading the tags of images in private registries of ECR takes; null: none is read with the role. */
export function imageRights({ images }: Images) {
  const read = [...images.values()].filter(({ credentials }) => credentials?.kind === 'ecr');
  const repositories = read.flatMap(({ image }) => {
    const registry = registryOf(image.registry);
    if (registry === null) return [];
    const { region, account } = registry;
    return [`arn:\${AWS::Partition}:ecr:${region}:${account}:repository/${image.repository}`];
  });
  if (repositories.length === 0) return null;
  // A login is for all registries of the account: AWS takes no resource for it.
  const login = { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' };
  const tags = {
    Effect: 'Allow',
    Action: ['ecr:ListImages', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    Resource: [...new Set(repositories)].toSorted().map((arn) => ({ 'Fn::Sub': arn })),
  };
  return {
    Type: 'AWS::IAM::RolePolicy',
    Properties: {
      RoleName: { Ref: 'WorkRole' },
      PolicyName: 'images',
      PolicyDocument: { Version: '2012-10-17', Statement: [login, tags] },
    },
  };
}

/**
 * The rule that hands pushes to ECR to the webhook function: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 * AWS sends them to the registry's own account and region alone; images of another are found by the poll.
 */
export function imageEvents({ images }: Images, stage: string) {
  const names = [...images.values()].flatMap(({ image }) =>
    registryOf(image.registry) === null ? [] : [image.repository],
  );
  if (names.length === 0) return {};
  return {
    ImagePushes: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: `headgate-${stage}-images`,
        Description: 'Pushes of images that headgate.yml has',
        EventPattern: {
          source: ['aws.ecr'],
          'detail-type': ['ECR Image Action'],
          detail: {
            'action-type': ['PUSH'],
            result: ['SUCCESS'],
            'repository-name': [...new Set(names)].toSorted(),
          },
        },
        Targets: [{ Id: 'webhook', Arn: { 'Fn::GetAtt': ['WebhookLambdaFunction', 'Arn'] } }],
      },
    },
    ImagePushesPermission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { Ref: 'WebhookLambdaFunction' },
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': ['ImagePushes', 'Arn'] },
      },
    },
  };
}
