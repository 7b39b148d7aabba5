import { machineCredentials } from '../../platforms/aws/api/machine-credentials.ts';
import { openStack } from '../../platforms/aws/cloudformation/stack.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { wait } from '../../app/wait.ts';
import type { Context } from '../terminal/context.ts';

/** Select one of Headgate's stacks on AWS. */
export interface StackFlags {
  readonly stage: string;
  /** Null: the region of the environment. */
  readonly region: string | null;
}

export const stackName = ({ stage }: StackFlags) => `headgate-${stage}`;

/** @throws DeployError `usage` when no region is configured */
export function regionOf({ region }: StackFlags, env: NodeJS.ProcessEnv): string {
  const configured = region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? '';
  if (configured !== '') return configured;
  throw new DeployError('usage', {
    subject: 'AWS',
    message: 'no AWS region is configured',
    remedy: 'Pass --region eu-west-1, or set AWS_REGION.',
  });
}

/** @throws DeployError when the stack does not exist */
export async function readStackOutputs(
  { env, nowMs, signal }: Context,
  flags: StackFlags,
): Promise<Readonly<Record<string, string>>> {
  const region = regionOf(flags, env);
  const name = stackName(flags);
  const stack = await openStack({ name, region, credentials: machineCredentials(nowMs), wait, nowMs });
  try {
    const described = await stack.describe(signal);
    if (described !== null) return described.outputs;
    throw new DeployError('usage', {
      subject: `stack ${name} in ${region}`,
      message: 'the stack does not exist',
      remedy:
        'Run headgate bootstrap first, or pass the URL where Headgate receives webhooks: --url https://headgate.example.com.',
    });
  } finally {
    stack.close();
  }
}

/** The URL where Headgate receives webhooks, without a trailing slash. */
export async function readWebhookBaseUrl(
  context: Context,
  flags: StackFlags & { readonly url: string | null },
): Promise<string> {
  const url = flags.url ?? (await readStackOutputs(context, flags))['WebhookLambdaFunctionUrl'] ?? '';
  return url.replace(/\/+$/, '');
}
