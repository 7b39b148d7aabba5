import { randomUUID } from 'node:crypto';
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
  /** Every object stays, and is no longer ours. */
  readonly isKept: boolean;
}

/** Plans, asks, then deletes or releases what the target owns, and forgets it. */
export async function uninstallCommand(context: Context, { target, isKept }: UninstallFlags): Promise<ExitCode> {
  const { config, env, log, signal, nowMs } = context;
  const progress = progressLog(log, nowMs);
  // A holder of its own: a run that works on the target is waited for by whoever asks again.
  const runtime = localRuntime({ config, env, log, holder: `cli-${randomUUID()}`, progress });
  try {
    const cluster = await runtime.openCluster(target);
    const recorded = await cluster.read('write', signal);
    const planned = await recorded.planUninstall({ isKept }, signal);
    if (context.output === 'text') context.print(planText(target, planned.actions));
    const question = `Uninstall target ${target.name}?`;
    if (!(await confirm(context, { command: 'headgate uninstall', question }))) return 1;
    const removed = await planned.carryOut(signal);
    context.print(context.output === 'json' ? asJson(target, removed) : asText(target, removed));
    return removed.every(({ problem }) => problem === null) ? 0 : 1;
  } finally {
    runtime.close();
  }
}

const MARKS = { delete: '-', release: ' ', leave: ' ', gone: ' ' } as const;
const WORDS = {
  delete: 'delete',
  release: 'keep and forget',
  leave: 'leave alone',
  gone: 'is gone already',
} as const;

function planText({ name, namespace, cluster }: Target, fates: readonly UninstallAction[]): string {
  const lines = fates.map(
    ({ op, entry, reason }) => `${MARKS[op]} ${WORDS[op]} ${formatId(entry.id)}${reason === null ? '' : `: ${reason}`}`,
  );
  const state = `- delete the state of target ${name} in namespace ${namespace}`;
  return [`${name} on cluster ${cluster.name}:`, ...lines, state, countOf(fates)].join('\n');
}

function countOf(fates: readonly UninstallAction[]): string {
  const count = (op: UninstallAction['op']) => fates.filter((fate) => fate.op === op).length;
  return `${count('delete')} to delete, ${count('release') + count('leave')} to stay`;
}

function asText({ name }: Target, removed: readonly Removed[]): string {
  const problems = removed.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  if (problems.length > 0) {
    const lines = problems.map(({ subject, message, remedy }) => `  ${subject}: ${message}\n    ${remedy}`);
    return [`${name}: not uninstalled, its state stays; run it again when this is mended:`, ...lines].join('\n');
  }
  const deleted = removed.filter(({ fate }) => fate.op === 'delete').length;
  return `${name}: uninstalled (${deleted} deleted, ${removed.length - deleted} left)`;
}

function asJson({ name }: Target, removed: readonly Removed[]): string {
  return JSON.stringify(
    {
      target: name,
      uninstalled: removed.every(({ problem }) => problem === null),
      changes: removed.map(({ fate: { op, entry, reason }, problem }) => ({ op, ...entry.id, reason, problem })),
    },
    null,
    2,
  );
}
