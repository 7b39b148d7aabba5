import { Option } from 'commander';
import type { Checkout } from '../platforms/local/checkout.ts';
import type { Revision } from '../snapshot/source.ts';
import type { PlanFormat } from './commands/plan.ts';
import type { Context } from './terminal/context.ts';
import type { AddCommand } from './command-definition.ts';
import { findRemovedTarget } from './lookup/find-removed-target.ts';
import { findTarget } from './lookup/find-target.ts';
import { parseCount, parseInterval, parsePort, parseRevision } from './terminal/option-values.ts';

/** The commands that deploy targets and show their state. */
export function addDeployCommands(add: AddCommand): void {
  addServe(add);
  addCheck(add);
  addPlan(add);
  addDeploy(add);
  addStatus(add);
  addSweep(add);
  addUninstall(add);
}

function addServe(add: AddCommand): void {
  add<{ port: number; host: string; sweepInterval: number; driftInterval: number }>({
    usage: 'serve',
    summary: 'receive webhooks, deploy pushes and sweep',
    description: 'Receive webhooks, keep the durable queue, deploy and sweep, all in one process.',
    examples: ['headgate serve --port 8080 --sweep-interval 1m'],
    logsTo: 'stdout',
    options: [
      new Option('--port <number>', 'port to listen on; 0 picks a free one').argParser(parsePort).default(8080),
      new Option('--host <address>', 'address to listen on').default('127.0.0.1'),
      new Option('--sweep-interval <duration>', 'interval between sweeps')
        .argParser(parseInterval)
        .default(60_000, '1m'),
      new Option('--drift-interval <duration>', 'interval between drift detections')
        .argParser(parseInterval)
        .default(600_000, '10m'),
    ],
    async body(context, { port, host, sweepInterval, driftInterval }) {
      const { serveCommand } = await import('./commands/serve.ts');
      return serveCommand(context, {
        port,
        host,
        sweepIntervalMs: sweepInterval,
        driftIntervalMs: driftInterval,
      });
    },
  });
}

function addCheck(add: AddCommand): void {
  add({
    usage: 'check',
    summary: 'validate configuration, secrets and access',
    description: 'Validate the configuration, its secrets, and the access to every repository, cluster and image.',
    examples: ['headgate check', 'headgate check --output json'],
    async body(context) {
      const { checkCommand } = await import('./commands/check.ts');
      return checkCommand(context);
    },
  });
}

function addPlan(add: AddCommand): void {
  add<{ revision?: Revision; directory?: string; output: PlanFormat }>({
    usage: 'plan <target>',
    summary: 'show what a deploy would change',
    description:
      'Show what a deploy would change, by server-side dry run. Nothing is written. Exit code 2 means changes.',
    examples: [
      'headgate plan shop-prod',
      'headgate plan shop-prod --directory .   # with changes that are not committed',
      'headgate plan shop-prod --revision "$(git rev-parse HEAD)" --output markdown',
    ],
    options: [
      new Option('--revision <sha>', 'full commit id to plan instead of the tip of the branch').argParser(
        parseRevision,
      ),
      new Option('--directory <path>', 'clone to plan as it is, with changes that are not committed').conflicts(
        'revision',
      ),
    ],
    moreOutputs: ['markdown', 'sarif'],
    async body(context, { revision = null, directory, output: format }, [name = '']) {
      const { planCommand } = await import('./commands/plan.ts');
      const checkout = directory === undefined ? null : await checkoutAt(directory, context);
      try {
        const at = { revision: checkout?.revision ?? revision, localObjects: checkout };
        return await planCommand(context, { target: await findTarget(context, name, at), revision, checkout, format });
      } finally {
        await checkout?.close();
      }
    },
  });
}

async function checkoutAt(directory: string, { env, signal }: Pick<Context, 'env' | 'signal'>): Promise<Checkout> {
  const { openCheckout } = await import('../platforms/local/checkout.ts');
  return openCheckout(directory, env, signal);
}

function addDeploy(add: AddCommand): void {
  add<{ pruneLimit?: number }>({
    usage: 'deploy <target>',
    summary: 'deploy a target now',
    description: 'Deploy the tip of the branch now, under the same lease as the queue.',
    examples: ['headgate deploy shop-prod', 'headgate deploy shop-prod --prune-limit 100'],
    options: [new Option('--prune-limit <number>', 'limit of deletions for this deploy only').argParser(parseCount)],
    async body(context, { pruneLimit }, [name = '']) {
      const { deployCommand } = await import('./commands/deploy.ts');
      return deployCommand(context, {
        target: await findTarget(context, name),
        pruneLimit: pruneLimit ?? null,
      });
    },
  });
}

function addStatus(add: AddCommand): void {
  add({
    usage: 'status [target]',
    summary: 'show the state of every target',
    description: 'Show the revision, verdict, readiness, drift and age of each target, and its dead letters.',
    examples: ['headgate status', 'headgate status shop-prod --output json'],
    async body(context, _flags, [name]) {
      const { statusCommand } = await import('./commands/status.ts');
      return statusCommand(context, { target: name === undefined ? null : await findTarget(context, name) });
    },
  });
}

function addSweep(add: AddCommand): void {
  add({
    usage: 'sweep',
    summary: 'deploy missed pushes and correct drift, once',
    description: 'Deploy every target that is not at the tip of its branch, correct drift, then exit.',
    examples: ['headgate sweep'],
    async body(context) {
      const { sweepCommand } = await import('./commands/sweep.ts');
      return sweepCommand(context);
    },
  });
}

function addUninstall(add: AddCommand): void {
  add<{ keep?: true; cluster?: string; namespace?: string }>({
    usage: 'uninstall <target>',
    summary: 'delete what a target owns and forget the target',
    description: 'Show what would be deleted and, once you confirm, delete it and forget the target.',
    examples: [
      'headgate uninstall shop-old',
      'headgate uninstall shop-old --keep --cluster lab --namespace shop   # no longer in headgate.yml',
    ],
    options: [
      new Option('--keep', "keep the objects; only remove Headgate's labels and annotations"),
      new Option('--cluster <name>', 'cluster of a target that is no longer in headgate.yml'),
      new Option('--namespace <name>', "namespace of that target's state"),
    ],
    async body(context, { keep, cluster, namespace }, [name = '']) {
      const { uninstallCommand } = await import('./commands/uninstall.ts');
      const target = await findRemovedTarget(context, { name, cluster, namespace });
      return uninstallCommand(context, { target, keepsObjects: keep === true });
    },
  });
}
