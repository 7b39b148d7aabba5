import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openArtifacts } from '../../platforms/aws/cloudformation/artifacts.ts';
import { callerOf } from '../../platforms/aws/api/caller.ts';
import type { Caller } from '../../platforms/aws/api/caller.ts';
import { machineCredentials } from '../../platforms/aws/api/machine-credentials.ts';
import { openAws } from '../../platforms/aws/api/request.ts';
import { awsSecrets } from '../../platforms/aws/secrets/secrets.ts';
import { openStack } from '../../platforms/aws/cloudformation/stack.ts';
import type { ChangeSet, Stack, StackClient, StackParameters } from '../../platforms/aws/cloudformation/stack.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { wait } from '../../app/wait.ts';
import { confirm } from '../terminal/confirm.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { generateSecret, planStackSecrets, formatSecretPlan } from '../setup/stack-secrets.ts';
import type { SecretGenerator, SecretPlan } from '../setup/stack-secrets.ts';
import { packageFunctions } from '../setup/package-functions.ts';
import type { FunctionPackage } from '../setup/package-functions.ts';
import { regionOf, stackName } from '../setup/headgate-stack.ts';
import type { StackFlags } from '../setup/headgate-stack.ts';

export interface BootstrapFlags extends StackFlags {
  /** The SNS topic that alarms go to; null: none, or what was given before. */
  readonly alarmTopic: string | null;
}

interface Site extends SecretGenerator {
  readonly name: string;
  readonly stack: StackClient;
  readonly credentials: ReturnType<typeof machineCredentials>;
  readonly alarmTopic: string | null;
}

const COMMAND = 'headgate bootstrap';

/** Creates the stack and the secrets, or brings them up to this headgate.yml: the same again changes nothing. */
export async function bootstrapCommand(context: Context, flags: BootstrapFlags): Promise<ExitCode> {
  const { config, configPath, env, nowMs, signal, log } = context;
  refuseWithoutAnswer(context);
  const region = regionOf(flags, env);
  const name = stackName(flags);
  const credentials = machineCredentials(nowMs);
  const aws = openAws({ credentials, env, nowMs, wait });
  const stack = await openStack({ name, region, credentials, wait, nowMs });
  try {
    const caller = await callerOf(region, aws, signal);
    const secrets = await planStackSecrets(config, awsSecrets({ aws, region, nowMs }), signal);
    log({ level: 'info', message: 'packaging', stack: name });
    const built = await packageFunctions({ stage: flags.stage, region, config: resolve(configPath), env }, signal);
    const site: Site = {
      name,
      stack,
      credentials,
      region,
      aws,
      randomId: randomUUID,
      randomSecret: () => randomBytes(32).toString('hex'),
      alarmTopic: flags.alarmTopic,
    };
    const before = await stack.describe(signal);
    if (before?.status.endsWith('_IN_PROGRESS') === true) throw busy(name, before);
    const deployed =
      before === null
        ? await deployFirst(context, { site, built, secrets, caller })
        : await deployAgain(context, { site, built, secrets, caller, before });
    return deployed === null ? 1 : answer(context, { site, secrets, stack: deployed });
  } finally {
    stack.close();
    aws.close();
  }
}

/** Before anything is written, also before what only prepares. */
function refuseWithoutAnswer({ isConfirmed, ask }: Context): void {
  if (isConfirmed || ask !== null) return;
  throw new DeployError('usage', {
    subject: COMMAND,
    message: 'there is no terminal to ask whether this is meant',
    remedy: 'Add --yes when it is.',
  });
}

interface Deployment {
  readonly site: Site;
  readonly built: FunctionPackage;
  readonly secrets: readonly SecretPlan[];
  readonly caller: Caller;
}

/** The bucket first, because the functions are taken from it; then everything else as a change of that stack. */
async function deployFirst(context: Context, { site, built, secrets, caller }: Deployment): Promise<Stack | null> {
  const { signal, log } = context;
  const lines = [...Map.groupBy(built.resources, ({ type }) => type)].map(
    ([type, ofType]) => `  + ${ofType.length} × ${type}`,
  );
  show(context, site, { caller, lines: [`stack ${site.name} will be created:`, ...lines], secrets });
  if (!(await confirm(context, { command: COMMAND, question: 'Create it?' }))) return null;
  await makeSecrets(site, secrets, signal);
  log({ level: 'info', message: 'creating', stack: site.name });
  await site.stack.create(built.bucketTemplate, signal);
  const created = await site.stack.waitUntilSettled(signal);
  const changes = await propose(context, { site, built, before: created });
  return changes === null ? created : carryOut(context, site, changes);
}

/** CloudFormation itself says what would change, resource by resource. */
async function deployAgain(
  context: Context,
  { site, built, secrets, caller, before }: Deployment & { readonly before: Stack },
): Promise<Stack | null> {
  const changes = await propose(context, { site, built, before });
  const missing = secrets.filter(({ kind }) => kind === 'generate');
  if (changes === null && missing.length === 0) {
    show(context, site, { caller, lines: [`stack ${site.name} is up to date`], secrets });
    return before;
  }
  const lines = changes === null ? [`stack ${site.name} is up to date`] : changeLines(site, changes);
  show(context, site, { caller, lines, secrets });
  if (!(await confirm(context, { command: COMMAND, question: 'Change it?' }))) {
    if (changes !== null) await site.stack.deleteChangeSet(changes.id, context.signal);
    return null;
  }
  await makeSecrets(site, secrets, context.signal);
  return changes === null ? before : carryOut(context, site, changes);
}

const SIGNS = { Add: '+', Modify: '~', Remove: '-', Import: '+', Dynamic: '~' } as const;

function changeLines({ name }: Site, { changes }: ChangeSet): readonly string[] {
  return [
    `stack ${name} will change:`,
    ...changes.map(
      ({ action, name: resource, type, isReplaced }) =>
        `  ${SIGNS[action]} ${resource} ${type}${isReplaced ? ' (replaced)' : ''}`,
    ),
  ];
}

async function propose(
  { signal, log }: Context,
  { site, built, before }: { readonly site: Site; readonly built: FunctionPackage; readonly before: Stack },
): Promise<ChangeSet | null> {
  const artifacts = await openArtifacts({ bucket: bucketOf(before, site), region: site.region }, site.credentials);
  try {
    for (const [key, file] of built.artifacts) {
      if (await artifacts.has(key, signal)) continue;
      log({ level: 'info', message: 'uploading', key });
      await artifacts.put(key, await readFile(file), signal);
    }
    await artifacts.put(built.templateKey, Buffer.from(built.template), signal);
    const wanted = { templateUrl: artifacts.urlOf(built.templateKey), parameters: parametersOf(site, before) };
    return await site.stack.createChangeSet(wanted, signal);
  } finally {
    artifacts.close();
  }
}

function parametersOf({ alarmTopic }: Site, { parameters }: Stack): StackParameters {
  if (alarmTopic !== null) return { AlarmTopicArn: alarmTopic };
  // Left out, a parameter goes back to its default.
  return parameters.includes('AlarmTopicArn') ? { AlarmTopicArn: null } : {};
}

async function carryOut({ signal, log }: Context, { stack, name }: Site, { id }: ChangeSet): Promise<Stack> {
  log({ level: 'info', message: 'deploying', stack: name });
  await stack.executeChangeSet(id, signal);
  return stack.waitUntilSettled(signal);
}

async function makeSecrets(site: Site, secrets: readonly SecretPlan[], signal: AbortSignal): Promise<void> {
  for (const { reference, kind } of secrets) if (kind === 'generate') await generateSecret(reference, site, signal);
}

function bucketOf({ outputs }: Stack, { name }: Site): string {
  const bucket = outputs['ServerlessDeploymentBucketName'];
  if (bucket !== undefined) return bucket;
  throw new DeployError('config-invalid', {
    subject: `stack ${name}`,
    message: 'it is there, and it is not Headgate’s: it names no bucket',
    remedy: 'Choose another name with --stage.',
  });
}

function show(
  { print, output }: Context,
  { region }: Site,
  plan: { readonly caller: Caller; readonly lines: readonly string[]; readonly secrets: readonly SecretPlan[] },
): void {
  if (output === 'json') return;
  const { caller, lines, secrets } = plan;
  print(`account ${caller.account}, ${region}, as ${caller.arn}`);
  for (const line of lines) print(line);
  if (secrets.length > 0) print('secrets:');
  for (const secret of secrets) print(formatSecretPlan(secret));
}

function answer(
  { print, output, config }: Context,
  { site, secrets, stack }: { readonly site: Site; readonly secrets: readonly SecretPlan[]; readonly stack: Stack },
): ExitCode {
  const url = (stack.outputs['WebhookLambdaFunctionUrl'] ?? '').replace(/\/+$/, '');
  const webhooks = [...config.repositories.values()]
    .filter(({ host }) => host !== 'git')
    .map(({ name }) => ({ repository: name, url: `${url}/webhooks/${name}` }));
  const missing = secrets.filter(({ kind }) => kind === 'bring').map(({ reference }) => reference);
  if (output === 'json')
    print(JSON.stringify({ stack: site.name, region: site.region, url, webhooks, missing }, null, 2));
  else {
    print(`webhook URL: ${url}`);
    for (const { repository, url: address } of webhooks) print(`  headgate connect ${repository}  → ${address}`);
    for (const name of config.clusters.keys()) print(`  headgate connect ${name}`);
  }
  return 0;
}

function busy(name: string, { status }: Stack): DeployError {
  return new DeployError('aws-unreachable', {
    subject: `stack ${name}`,
    message: `somebody is changing it: ${status}`,
    remedy: 'Wait until it has ended, and run headgate bootstrap again.',
  });
}
