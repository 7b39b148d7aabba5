import { readFile } from 'node:fs/promises';
import { openArtifacts } from '../../platforms/aws/cloudformation/artifacts.ts';
import type { CredentialSource } from '../../platforms/aws/api/credentials.ts';
import type { ChangeSet } from '../../platforms/aws/cloudformation/change-set.ts';
import type { Stack, StackClient, StackParameters } from '../../platforms/aws/cloudformation/stack.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Context } from '../terminal/context.ts';
import type { FunctionPackage } from './package-functions.ts';

export interface StackDeployment {
  readonly name: string;
  readonly region: string;
  readonly stack: StackClient;
  readonly credentials: CredentialSource;
  readonly built: FunctionPackage;
  /** The values to set; every other parameter keeps its own. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly log: Context['log'];
}

/** A change set lists what would change, resource by resource; of a stack that does not exist, only the template can. */
export type StackPlan =
  | { readonly kind: 'create'; readonly resources: FunctionPackage['resources'] }
  | { readonly kind: 'update'; readonly changeSet: ChangeSet }
  | { readonly kind: 'up-to-date'; readonly stack: Stack };

/** Uploads the functions' code if the stack exists, because a change set needs it. Changes nothing else. */
export async function planStack(
  deployment: StackDeployment,
  before: Stack | null,
  signal: AbortSignal,
): Promise<StackPlan> {
  if (before === null) return { kind: 'create', resources: deployment.built.resources };
  const changeSet = await createChangeSet(deployment, before, signal);
  return changeSet === null ? { kind: 'up-to-date', stack: before } : { kind: 'update', changeSet };
}

export async function discardStackPlan(
  { stack }: StackDeployment,
  plan: StackPlan,
  signal: AbortSignal,
): Promise<void> {
  if (plan.kind === 'update') await stack.deleteChangeSet(plan.changeSet.id, signal);
}

export async function executeStackPlan(
  deployment: StackDeployment,
  plan: StackPlan,
  signal: AbortSignal,
): Promise<Stack> {
  switch (plan.kind) {
    case 'create':
      return createStack(deployment, signal);
    case 'update':
      return executeChangeSet(deployment, plan.changeSet, signal);
    case 'up-to-date':
      return plan.stack;
    default:
      return plan satisfies never;
  }
}

/** In two steps, because the functions' code must be in a bucket of the stack: the bucket alone, then everything. */
async function createStack(deployment: StackDeployment, signal: AbortSignal): Promise<Stack> {
  const { name, stack, built, log } = deployment;
  log({ level: 'info', message: 'creating', stack: name });
  await stack.create(built.bucketTemplate, signal);
  const created = await stack.waitUntilSettled(signal);
  const changeSet = await createChangeSet(deployment, created, signal);
  return changeSet === null ? created : executeChangeSet(deployment, changeSet, signal);
}

async function executeChangeSet(
  { name, stack, log }: StackDeployment,
  { id }: ChangeSet,
  signal: AbortSignal,
): Promise<Stack> {
  log({ level: 'info', message: 'deploying', stack: name });
  await stack.executeChangeSet(id, signal);
  return stack.waitUntilSettled(signal);
}

/** Null: the template changes nothing. */
async function createChangeSet(
  deployment: StackDeployment,
  before: Stack,
  signal: AbortSignal,
): Promise<ChangeSet | null> {
  const { name, region, stack, credentials, built, parameters, log } = deployment;
  const artifacts = await openArtifacts({ bucket: bucketOf(before, name), region }, credentials);
  try {
    for (const [key, file] of built.artifacts) {
      if (await artifacts.has(key, signal)) continue;
      log({ level: 'info', message: 'uploading', key });
      await artifacts.put(key, await readFile(file), signal);
    }
    await artifacts.put(built.templateKey, Buffer.from(built.template), signal);
    const templateUrl = artifacts.urlOf(built.templateKey);
    return await stack.createChangeSet(
      { templateUrl, parameters: { ...keptParameters(built, before), ...parameters } },
      signal,
    );
  } finally {
    artifacts.close();
  }
}

/** A parameter that is left out returns to its default. */
function keptParameters(built: FunctionPackage, { parameters }: Stack): StackParameters {
  return Object.fromEntries(built.parameters.filter((name) => name in parameters).map((name) => [name, null]));
}

function bucketOf({ outputs }: Stack, name: string): string {
  const bucket = outputs['ServerlessDeploymentBucketName'];
  if (bucket !== undefined) return bucket;
  throw new DeployError('config-invalid', {
    subject: `stack ${name}`,
    message: 'the stack already exists and was not created by Headgate: it has no deployment bucket',
    remedy: 'Choose another stage with --stage.',
  });
}
