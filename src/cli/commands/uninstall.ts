import { randomUUID } from 'node:crypto';
import { planUninstall, uninstall } from '../../cluster/apply/uninstall.ts';
import type { Removed } from '../../cluster/apply/uninstall.ts';
import type { Target } from '../../config/checked/config.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import type { UninstallAction } from '../../plan/ownership/uninstall-action.ts';
import { formatId } from '../../resource/resource.ts';
import { confirm } from '../terminal/confirm.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { progressLog } from '../terminal/progress.ts';

export interface UninstallFlags {
  readonly target: Target;
  /** Delete nothing: the objects stay and are no longer managed. */
  readonly keepsObjects: boolean;
}

/** Shows the plan, prompts, then deletes or releases what the target owns and deletes its state. */
export async function uninstallCommand(context: Context, { target, keepsObjects }: UninstallFlags): Promise<ExitCode> {
  const { config, env, log, signal, nowMs } = context;
  const progress = progressLog(log, nowMs);
  // A unique holder: while another run holds the lease, uninstall fails and can be run again.
  const runtime = localRuntime({ config, env, log, holder: `cli-${randomUUID()}`, progress });
  try {
    const cluster = await runtime.openCluster(target);
    const recorded = await cluster.read('write', signal);
    const actions = await planUninstall({ isKept: keepsObjects }, recorded.uninstallContext, signal);
    if (context.output === 'text') context.print(planText(target, actions));
    const question = `Uninstall target ${target.name}?`;
    if (!(await confirm(context, { command: 'headgate uninstall', question }))) return 1;
    const removed = await uninstall(actions, recorded.uninstallContext, signal);
    context.print(context.output === 'json' ? asJson(target, removed) : asText(target, removed));
    return removed.every(({ problem }) => problem === null) ? 0 : 1;
  } finally {
    runtime.close();
  }
}

const SIGNS = { delete: '-', release: ' ', leave: ' ', gone: ' ' } as const;
const ACTIONS = {
  delete: 'delete',
  release: 'keep and stop managing',
  leave: 'leave alone',
  gone: 'already deleted',
} as const;

function planText({ name, namespace, cluster }: Target, actions: readonly UninstallAction[]): string {
  const lines = actions.map(
    ({ op, entry, reason }) =>
      `${SIGNS[op]} ${ACTIONS[op]} ${formatId(entry.id)}${reason === null ? '' : `: ${reason}`}`,
  );
  const state = `- delete the state of target ${name} in namespace ${namespace}`;
  return [`${name} on cluster ${cluster.name}:`, ...lines, state, countOf(actions)].join('\n');
}

function countBy(actions: readonly UninstallAction[]) {
  return (op: UninstallAction['op']) => actions.filter((action) => action.op === op).length;
}

function countOf(actions: readonly UninstallAction[]): string {
  const count = countBy(actions);
  return `${count('delete')} to delete, ${count('release') + count('leave')} to keep`;
}

function asText({ name }: Target, removed: readonly Removed[]): string {
  const problems = removed.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  if (problems.length > 0) {
    const lines = problems.map(({ subject, message, remedy }) => `  ${subject}: ${message}\n    ${remedy}`);
    return [
      `${name}: not uninstalled, and its state is kept. Fix these errors and run the command again:`,
      ...lines,
    ].join('\n');
  }
  const count = countBy(removed.map(({ action }) => action));
  return `${name}: uninstalled (${count('delete')} deleted, ${count('release') + count('leave')} kept)`;
}

function asJson({ name }: Target, removed: readonly Removed[]): string {
  return JSON.stringify(
    {
      target: name,
      uninstalled: removed.every(({ problem }) => problem === null),
      changes: removed.map(({ action: { op, entry, reason }, problem }) => ({ op, ...entry.id, reason, problem })),
    },
    null,
    2,
  );
}
