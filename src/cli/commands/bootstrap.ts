import { randomBytes, randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { callerOf } from '../../platforms/aws/api/caller.ts';
import { machineCredentials } from '../../platforms/aws/api/machine-credentials.ts';
import { openAws } from '../../platforms/aws/api/request.ts';
import { openStack } from '../../platforms/aws/cloudformation/stack.ts';
import type { Stack } from '../../platforms/aws/cloudformation/stack.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { wait } from '../../app/wait.ts';
import { confirm, requireConfirmable } from '../terminal/confirm.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { formatBootstrapPlan, formatBootstrapResult } from '../stack/format-bootstrap.ts';
import { discardStackPlan, executeStackPlan, planStack } from '../stack/stack-plan.ts';
import { generateSecret, planStackSecrets } from '../stack/stack-secrets.ts';
import { planReservations } from '../stack/reserved-concurrency.ts';
import { packageFunctions } from '../stack/package-functions.ts';
import { regionOf, stackName, stageOf } from '../stack/headgate-stack.ts';
import { planStackMemory, rememberStack } from '../stack/remember-stack.ts';

export interface BootstrapFlags {
  /** Parameters of the stack, by their names; every other one keeps its value. */
  readonly parameters: Readonly<Record<string, string>>;
}

const COMMAND = 'headgate bootstrap';

/** Creates the stack and its secrets, or updates them to this headgate.yml. Running it twice changes nothing. */
export async function bootstrapCommand(context: Context, flags: BootstrapFlags): Promise<ExitCode> {
  const { config, configPath, env, nowMs, signal, log, output } = context;
  // The plan itself uploads to the bucket, so fail before it.
  requireConfirmable(context, COMMAND);
  const region = await regionOf(context);
  const name = stackName(config);
  const credentials = machineCredentials(nowMs);
  const aws = openAws({ credentials, env, nowMs, wait });
  const stack = await openStack({ name, region, credentials, wait, nowMs });
  try {
    const caller = await callerOf(region, aws, signal);
    const secrets = await planStackSecrets(config, { aws, region }, signal);
    log({ level: 'info', message: 'packaging', stack: name });
    const built = await packageFunctions({ stage: stageOf(config), region, config: resolve(configPath), env }, signal);
    const before = await stack.describe(signal);
    if (before?.status.endsWith('_IN_PROGRESS') === true) throw busy(name, before);
    const ReserveConcurrency = await planReservations(built.reserved, before, { region, aws, log }, signal);
    const parameters = { ...flags.parameters, ReserveConcurrency };
    const deployment = { name, region, stack, credentials, built, parameters, log };

    const plan = await planStack(deployment, before, signal);
    const memory = await planStackMemory(context);
    if (output === 'text') context.print(formatBootstrapPlan({ name, region, caller, plan, secrets, memory }));
    const missing = secrets.filter(({ kind }) => kind === 'generate');
    if (plan.kind !== 'up-to-date' || missing.length > 0 || memory !== null) {
      const question = plan.kind === 'create' ? 'Create this stack?' : 'Apply these changes?';
      if (!(await confirm(context, { command: COMMAND, question }))) {
        await discardStackPlan(deployment, plan, signal);
        return 1;
      }
    }

    const generator = { region, aws, randomId: randomUUID, randomSecret: () => randomBytes(32).toString('hex') };
    for (const { reference } of missing) await generateSecret(reference, generator, signal);
    const deployed = await executeStackPlan(deployment, plan, signal);
    if (memory !== null) await rememberStack(memory, context);
    context.print(formatBootstrapResult({ name, region, stack: deployed, secrets }, context));
    return 0;
  } finally {
    stack.close();
    aws.close();
  }
}

function busy(name: string, { status }: Stack): DeployError {
  return new DeployError('aws-unreachable', {
    subject: `stack ${name}`,
    message: `another operation is in progress: ${status}`,
    remedy: 'Wait until it has finished, then run headgate bootstrap again.',
  });
}
