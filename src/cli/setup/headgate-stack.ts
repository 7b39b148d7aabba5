import { machineCredentials } from '../../platforms/aws/api/machine-credentials.ts';
import { openStack } from '../../platforms/aws/cloudformation/stack.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { wait } from '../../app/wait.ts';
import type { Context } from '../terminal/context.ts';

/** Which stack is meant, as the command line has it. */
export interface StackFlags {
  readonly stage: string;
  /** Null: as the environment says. */
  readonly region: string | null;
}

export const stackName = ({ stage }: StackFlags) => `headgate-${stage}`;

/** @throws DeployError `usage` when nobody says where. */
export function regionOf({ region }: StackFlags, env: NodeJS.ProcessEnv): string {
  const said = region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? '';
  if (said !== '') return said;
  throw new DeployError('usage', {
    subject: 'AWS',
    message: 'nobody says in which region',
    remedy: 'Add --region eu-west-1, or set AWS_REGION.',
  });
}

/** What the stack says of itself. @throws DeployError when it is not there. */
export async function readStackOutputs(
  { env, nowMs, signal }: Context,
  place: StackFlags,
): Promise<Readonly<Record<string, string>>> {
  const region = regionOf(place, env);
  const name = stackName(place);
  const stack = await openStack({ name, region, credentials: machineCredentials(nowMs), wait, nowMs });
  try {
    const found = await stack.describe(signal);
    if (found !== null) return found.outputs;
    throw new DeployError('usage', {
      subject: `stack ${name} in ${region}`,
      message: 'it is not there',
      remedy: 'Run headgate bootstrap first, or say where Headgate receives with --url https://headgate.example.com.',
    });
  } finally {
    stack.close();
  }
}

/** The address of what receives webhooks, without a slash at its end. */
export async function readWebhookBaseUrl(
  context: Context,
  place: StackFlags & { readonly url: string | null },
): Promise<string> {
  const url = place.url ?? (await readStackOutputs(context, place))['WebhookLambdaFunctionUrl'] ?? '';
  return url.replace(/\/+$/, '');
}
