import type { Caller } from '../../platforms/aws/api/caller.ts';
import type { Stack } from '../../platforms/aws/cloudformation/stack.ts';
import type { Context } from '../terminal/context.ts';
import type { StackMemory } from './remember-stack.ts';
import type { StackPlan } from './stack-plan.ts';
import { formatSecretPlan } from './stack-secrets.ts';
import type { SecretPlan } from './stack-secrets.ts';

interface BootstrapPlan {
  readonly name: string;
  readonly region: string;
  readonly caller: Caller;
  readonly plan: StackPlan;
  readonly secrets: readonly SecretPlan[];
  readonly memory: StackMemory | null;
}

/** What bootstrap would change, to be confirmed. */
export function formatBootstrapPlan({ name, region, caller, plan, secrets, memory }: BootstrapPlan): string {
  return [
    `account ${caller.account}, ${region}, as ${caller.arn}`,
    ...stackLines(name, plan),
    ...(secrets.length > 0 ? ['secrets:'] : []),
    ...secrets.map(formatSecretPlan),
    ...(memory === null ? [] : [`${memory.path}:`, `  + ${memory.line}`]),
  ].join('\n');
}

const SIGNS = { Add: '+', Modify: '~', Remove: '-', Import: '+', Dynamic: '~' } as const;

function stackLines(stack: string, plan: StackPlan): readonly string[] {
  switch (plan.kind) {
    case 'create': {
      const byType = Map.groupBy(plan.resources, ({ type }) => type);
      const lines = [...byType].map(([type, ofType]) => `  + ${ofType.length} × ${type}`);
      return [`stack ${stack} will be created:`, ...lines];
    }
    case 'update': {
      const lines = plan.changeSet.changes.map(
        ({ action, name, type, isReplaced }) => `  ${SIGNS[action]} ${name} ${type}${isReplaced ? ' (replaced)' : ''}`,
      );
      return [`stack ${stack} will be updated:`, ...lines];
    }
    case 'up-to-date':
      return [`stack ${stack} is up to date`];
    default:
      return plan satisfies never;
  }
}

interface BootstrapResult {
  readonly name: string;
  readonly region: string;
  readonly stack: Stack;
  readonly secrets: readonly SecretPlan[];
}

/** The webhook URLs, and the commands to run next. */
export function formatBootstrapResult(
  { name, region, stack, secrets }: BootstrapResult,
  { config, output }: Pick<Context, 'config' | 'output'>,
): string {
  const url = (stack.outputs['WebhookLambdaFunctionUrl'] ?? '').replace(/\/+$/, '');
  const webhooks = [...config.repositories.values()]
    .filter(({ webhookSecrets }) => webhookSecrets.length > 0)
    .map((repository) => ({ repository: repository.name, url: `${url}/webhooks/${repository.name}` }));
  if (output === 'json') {
    const missing = secrets.filter(({ kind }) => kind === 'provide').map(({ reference }) => reference);
    return JSON.stringify({ stack: name, region, url, webhooks, missing }, null, 2);
  }
  return [
    `webhook URL: ${url}`,
    ...webhooks.map((webhook) => `  headgate connect ${webhook.repository}  → ${webhook.url}`),
    ...[...config.clusters.keys()].map((cluster) => `  headgate connect ${cluster}`),
  ].join('\n');
}
