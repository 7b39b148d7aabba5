import type { Config } from '../../../config/checked/config.ts';

/** What publishing to the topics and buses of headgate.yml takes; null: it has none. */
export function channelRights({ channels }: Pick<Config, 'channels'>) {
  const all = [...channels.values()];
  const allow = (action: string, arns: readonly (string | null)[]) => {
    const resources = arns.filter((arn) => arn !== null);
    return resources.length === 0 ? [] : [{ Effect: 'Allow', Action: action, Resource: [...new Set(resources)] }];
  };
  const statements = [
    ...allow(
      'sns:Publish',
      all.map(({ topic }) => topic),
    ),
    ...allow(
      'events:PutEvents',
      all.map(({ bus }) => bus),
    ),
  ];
  if (statements.length === 0) return null;
  return {
    Type: 'AWS::IAM::RolePolicy',
    Properties: {
      RoleName: { Ref: 'WorkRole' },
      PolicyName: 'channels',
      PolicyDocument: { Version: '2012-10-17', Statement: statements },
    },
  };
}
