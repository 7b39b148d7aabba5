import { machineCredentials } from '../../platforms/aws/api/machine-credentials.ts';
import { machineRegion } from '../../platforms/aws/api/machine-region.ts';
import { openStack } from '../../platforms/aws/cloudformation/stack.ts';
import type { Config } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { wait } from '../../app/wait.ts';
import type { Context } from '../terminal/context.ts';

/** Select one of Headgate's stacks on AWS. Null: not on the command line. */
export interface StackFlags {
  readonly stage: string | null;
  readonly region: string | null;
}

/** The context of a set-up command, whose flags take precedence over `aws:` of headgate.yml. */
export function withStackFlags(context: Context, { stage, region }: StackFlags): Context {
  const { config } = context;
  const aws = { region: region ?? config.aws.region, stage: stage ?? config.aws.stage };
  return { ...context, config: { ...config, aws } };
}

export const stageOf = ({ aws }: Config) => aws.stage ?? 'prod';

export const stackName = (config: Config) => `headgate-${stageOf(config)}`;

/** @throws DeployError `usage` when no region is configured */
export async function regionOf(context: Pick<Context, 'config' | 'env'>): Promise<string> {
  const configured = await configuredRegion(context);
  if (configured !== null) return configured;
  throw new DeployError('usage', {
    subject: 'AWS',
    message: 'no AWS region is configured',
    remedy: 'Pass --region eu-west-1, set AWS_REGION, or set a region in the AWS profile.',
  });
}

async function configuredRegion({ config, env }: Pick<Context, 'config' | 'env'>): Promise<string | null> {
  return config.aws.region ?? (await machineRegion(env));
}

/** @throws DeployError when the stack does not exist */
export async function readStackOutputs(context: Context): Promise<Readonly<Record<string, string>>> {
  const { config, nowMs, signal } = context;
  const region = await regionOf(context);
  const name = stackName(config);
  const stack = await openStack({ name, region, credentials: machineCredentials(nowMs), wait, nowMs });
  try {
    const described = await stack.describe(signal);
    if (described !== null) return described.outputs;
    throw new DeployError('usage', {
      subject: `stack ${name} in ${region}`,
      message: 'the stack does not exist',
      remedy:
        'Run headgate bootstrap first, name another --region or --stage, or pass the URL where Headgate receives webhooks: --url https://headgate.example.com.',
    });
  } finally {
    stack.close();
  }
}

/** The URL where Headgate receives webhooks, without a trailing slash. @throws DeployError `usage` */
export async function readWebhookBaseUrl(context: Context, given: string | null): Promise<string> {
  if (given === null && (await configuredRegion(context)) === null) {
    throw new DeployError('usage', {
      subject: 'headgate connect',
      message: 'the URL where Headgate receives webhooks is not known',
      remedy: 'Pass it with --url https://headgate.example.com, or pass --region for the stack on AWS.',
    });
  }
  const url = given ?? (await readStackOutputs(context))['WebhookLambdaFunctionUrl'] ?? '';
  return url.replace(/\/+$/, '');
}
