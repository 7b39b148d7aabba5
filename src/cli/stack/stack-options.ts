import { InvalidArgumentError, Option } from 'commander';

/** What `bootstrap` may be given for the stack; each keeps its value until another is passed. */
export interface StackOptionValues {
  readonly front?: string;
  readonly alarmTopic?: string;
  readonly permissionsBoundary?: string;
  readonly rolePrefix?: string;
  readonly kmsKey?: string;
  readonly logRetention?: string;
  readonly vpcSubnets?: string;
  readonly securityGroups?: string;
  readonly tag?: readonly string[];
}

/** As AWS accepts them: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = '1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653'.split(' ');

const arn = (service: string, resource: string) =>
  new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]*:\\d{12}:${resource}$`);
const list = (id: string) => new RegExp(`^${id}-[0-9a-f]+(,${id}-[0-9a-f]+)*$`);

export function settingOptions(): readonly Option[] {
  return [
    new Option('--front <kind>', 'where webhooks arrive: a function URL, or API Gateway (default: url)').choices([
      'url',
      'api',
    ]),
    matching(
      ['--alarm-topic <arn>', 'SNS topic that receives the alarms'],
      arn('sns', '[\\w-]+'),
      'the ARN of an SNS topic',
    ),
    matching(
      ['--permissions-boundary <arn>', 'policy that bounds the permissions of the roles'],
      /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/,
      'the ARN of an IAM policy',
    ),
    matching(
      ['--role-prefix <text>', 'beginning of the names of the roles'],
      /^[\w+=,.@-]{0,16}$/,
      'up to 16 letters, digits and _+=,.@-',
    ),
    matching(
      ['--kms-key <arn>', 'KMS key of the queues, logs and variables'],
      arn('kms', 'key/[\\w-]+'),
      'the ARN of a KMS key',
    ),
    new Option('--log-retention <days>', 'how long logs are kept (default: 30)').choices(RETENTION_DAYS),
    matching(
      ['--vpc-subnets <ids>', 'subnets of the functions that reach clusters'],
      list('subnet'),
      'a list such as subnet-0a1b,subnet-2c3d',
    ),
    matching(['--security-groups <ids>', 'security groups in the VPC'], list('sg'), 'a list such as sg-0a1b,sg-2c3d'),
    new Option('--tag <key=value>', 'tag of everything that can have tags; repeat it for more').argParser(addTag),
  ];
}

function matching([flags, description]: readonly [string, string], pattern: RegExp, expected: string): Option {
  return new Option(flags, description).argParser((text) => {
    if (pattern.test(text)) return text;
    throw new InvalidArgumentError(`Must be ${expected}.`);
  });
}

function addTag(text: string, before: readonly string[] = []): readonly string[] {
  if (/^(?!aws:)[^=]{1,128}=.{0,256}$/.test(text)) return [...before, text];
  throw new InvalidArgumentError('Must be KEY=VALUE, and a key must not begin with aws:.');
}

/** The parameters of infra/settings.yml and infra/stack.yml that these options set. */
export function parametersOf(given: StackOptionValues): Readonly<Record<string, string>> {
  const all = {
    Front: given.front,
    AlarmTopicArn: given.alarmTopic,
    PermissionsBoundaryArn: given.permissionsBoundary,
    RolePrefix: given.rolePrefix,
    KmsKeyArn: given.kmsKey,
    LogRetentionDays: given.logRetention,
    SubnetIds: given.vpcSubnets,
    SecurityGroupIds: given.securityGroups,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

export function tagsOf({ tag = [] }: StackOptionValues): Readonly<Record<string, string>> {
  return Object.fromEntries(tag.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]));
}
