import { Option } from 'commander';
import type { Checkout } from '../platforms/local/checkout.ts';
import type { Revision } from '../snapshot/source.ts';
import type { PlanFormat } from './plan/print-plan.ts';
import type { Context } from './terminal/context.ts';
import type { AddCommand } from './command-definition.ts';
import { DeployError } from '../error/deploy-error.ts';
import { findRemovedTarget } from './lookup/find-removed-target.ts';
import type { NamedPreview } from './lookup/find-preview.ts';
import { findTarget } from './lookup/find-target.ts';
import { parseCount, parseRevision, parseText } from './terminal/option-values.ts';

/** The commands that deploy targets and show their state. */
export function addDeployCommands(add: AddCommand): void {
  addCheck(add);
  addPlan(add);
  addDeploy(add);
  addStatus(add);
  addSweep(add);
  addUninstall(add);
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
  add<{ revision?: Revision; directory?: string; pullRequest?: number; output: PlanFormat }>({
    usage: 'plan <target>',
    summary: 'show what a deploy would change',
    description:
      'Show what a deploy would change, by server-side dry run. Nothing is written. Exit code 2 means changes.',
    examples: [
      'headgate plan shop-prod',
      'headgate plan shop-prod --directory .   # with changes that are not committed',
      'headgate plan shop-prod --pull-request 12   # what merging it would change',
      'headgate plan shop-pr-12   # a preview: the head of pull request 12',
      'headgate plan shop-prod --revision "$(git rev-parse HEAD)" --output markdown',
    ],
    options: [
      new Option('--revision <sha>', 'full commit id to plan instead of the tip of the branch').argParser(
        parseRevision,
      ),
      new Option('--directory <path>', 'clone to plan as it is, with changes that are not committed').conflicts(
        'revision',
      ),
      new Option('--pull-request <number>', 'pull request whose merge to plan')
        .argParser(parseCount)
        .conflicts(['revision', 'directory']),
    ],
    moreOutputs: ['markdown', 'sarif'],
    async body(context, { revision = null, directory, pullRequest = null, output: format }, [name = '']) {
      if (pullRequest !== null) {
        const { planPullRequestCommand } = await import('./plan/plan-pull-request.ts');
        return planPullRequestCommand(context, { name, pullRequest, format });
      }
      const named = await previewOf(name, context);
      if (named !== null && directory === undefined) {
        const { planPreviewCommand } = await import('./previews/plan-preview.ts');
        return planPreviewCommand(context, named, { revision, format });
      }
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

async function previewOf(name: string, { config }: Pick<Context, 'config'>): Promise<NamedPreview | null> {
  if (config.previews.length === 0) return null;
  const { previewNamed } = await import('./lookup/find-preview.ts');
  return previewNamed(name, config);
}

async function checkoutAt(directory: string, { env, signal }: Pick<Context, 'env' | 'signal'>): Promise<Checkout> {
  const { openCheckout } = await import('../platforms/local/checkout.ts');
  return openCheckout(directory, env, signal);
}

function addDeploy(add: AddCommand): void {
  add<{ pruneLimit?: number; approve?: string; overrideWindow?: true; reason?: string }>({
    usage: 'deploy <target>',
    summary: 'deploy a target now',
    description: 'Deploy the tip of the branch now, or the head of a preview, under the same lease as the queue.',
    examples: [
      'headgate deploy shop-prod',
      'headgate deploy shop-pr-12   # a preview: the head of pull request 12',
      'headgate deploy shop-prod --prune-limit 100',
      'headgate deploy shop-prod --approve 3f9c2a1',
      'headgate deploy shop-prod --override-window --reason "incident 4711"',
    ],
    options: [
      new Option('--prune-limit <number>', 'maximum number of deletions, for this deploy only').argParser(parseCount),
      new Option('--approve <hash>', 'approve the plan that headgate plan shows with this hash'),
      new Option('--override-window', 'deploy outside the windows of the target; requires --reason'),
      new Option('--reason <text>', 'reason for --override-window').argParser(parseText),
    ],
    async body(context, { pruneLimit, approve, overrideWindow = false, reason }, [name = '']) {
      if (overrideWindow !== (reason !== undefined)) throw incompleteOverride(overrideWindow);
      const named = await previewOf(name, context);
      if (named !== null) {
        const { deployPreviewCommand } = await import('./previews/deploy-preview.ts');
        return deployPreviewCommand(context, named, { pruneLimit: pruneLimit ?? null });
      }
      const { deployCommand } = await import('./commands/deploy.ts');
      return deployCommand(context, {
        target: await findTarget(context, name),
        pruneLimit: pruneLimit ?? null,
        approve: approve ?? null,
        overrideReason: reason ?? null,
      });
    },
  });
}

function incompleteOverride(isOverridden: boolean): DeployError {
  return new DeployError('usage', {
    subject: 'headgate deploy',
    message: isOverridden ? '--override-window requires --reason' : '--reason is only for --override-window',
    remedy: 'Write both: --override-window --reason "incident 4711".',
  });
}

function addStatus(add: AddCommand): void {
  add({
    usage: 'status [target]',
    summary: 'show the state of every target',
    description:
      'Show the revision, verdict, readiness, drift and age of each target and preview, and its dead letters.',
    examples: ['headgate status', 'headgate status shop-prod --output json'],
    async body(context, _flags, [name]) {
      const { statusCommand } = await import('./commands/status.ts');
      const { findTargetOrPreview } = await import('./lookup/find-preview.ts');
      return statusCommand(context, { target: name === undefined ? null : await findTargetOrPreview(context, name) });
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
      'headgate uninstall shop-pr-12   # a preview, with its namespace',
      'headgate uninstall shop-old --keep --cluster lab --namespace shop   # no longer in headgate.yml',
    ],
    options: [
      new Option('--keep', "keep the objects; only remove Headgate's labels and annotations"),
      new Option('--cluster <name>', 'cluster of a target that is no longer in headgate.yml'),
      new Option('--namespace <name>', "namespace of that target's state"),
    ],
    async body(context, { keep, cluster, namespace }, [name = '']) {
      if (context.config.previews.length > 0 || namespace !== undefined) {
        const { uninstallPreviewCommand } = await import('./previews/uninstall-preview.ts');
        const flags = { name, cluster, namespace, keepsObjects: keep === true };
        const ended = await uninstallPreviewCommand(context, flags);
        if (ended !== null) return ended;
      }
      const { uninstallCommand } = await import('./commands/uninstall.ts');
      const target = await findRemovedTarget(context, { name, cluster, namespace });
      return uninstallCommand(context, { target, keepsObjects: keep === true });
    },
  });
}
