import { randomUUID } from 'node:crypto';
import type { Target } from '../../config/checked/config.ts';
import { countsText, problemsText } from '../../deploy/report/channels/texts.ts';
import { memoryOutbox } from '../../deploy/ports/outbox.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { progressLog } from '../terminal/progress.ts';
import { runToTheEnd } from './run-to-the-end.ts';
import type { SettledReport } from './run-to-the-end.ts';
import type { Report } from '../../deploy/ports/report.ts';

export interface DeployFlags {
  readonly target: Target;
  /** Null: the target's own limit. */
  readonly pruneLimit: number | null;
}

/** Deploys the tip now. Well only when every object is applied and, with `wait`, ready. */
export async function deployCommand(context: Context, { target, pruneLimit }: DeployFlags): Promise<ExitCode> {
  if (target.suspend) throw suspended(target);
  const { config, env, log, signal, nowMs } = context;
  // A holder of its own: another process's lease is respected, also that of a serve on this machine.
  const outbox = memoryOutbox();
  const progress = progressLog(log, nowMs);
  const runtime = localRuntime({ config, env, log, holder: `cli-${randomUUID()}`, progress, outbox });
  try {
    const prune = pruneLimit === null ? target.prune : { ...target.prune, limit: pruneLimit };
    const request = { target: { ...target, prune }, delivery: 'cli', hint: null, at: new Date(nowMs()).toISOString() };
    const outcome = await runToTheEnd(request, { outbox, runtime, progress }, signal);
    if (outcome.kind === 'retry') throw outcome.error;
    if (outcome.report === null) return 1;
    const { report } = outcome;
    context.print(
      context.output === 'json' ? JSON.stringify({ target: target.name, ...report }, null, 2) : asText(target, report),
    );
    return isWell(report) ? 0 : 1;
  } finally {
    runtime.close();
  }
}

export function isWell({ verdict, readiness }: Report): boolean {
  return (verdict === 'deployed' || verdict === 'unchanged') && readiness !== 'not-ready';
}

export function asText({ name }: Target, report: SettledReport): string {
  const at = report.revision?.slice(0, 12) ?? 'no commit';
  const { notReady = [] } = report;
  if (notReady.length > 0) {
    const objects = notReady.map(
      ({ kind, namespace, name: object, reason }) => `  ${kind} ${namespace}/${object}: ${reason}`,
    );
    return [`${name}: ${report.verdict} at ${at} (${countsText(report)}), not ready:`, ...objects].join('\n');
  }
  if (isWell(report)) {
    const ready = report.readiness === 'ready' ? ', ready' : '';
    return `${name}: ${report.verdict} at ${at} (${countsText(report.overall ?? report)}${ready})`;
  }
  if (report.verdict === 'waiting') return `${name}: waiting at ${at} for ${(report.waitingFor ?? []).join(', ')}`;
  const problems = report.errors.map(({ subject, message, remedy }) => `  ${subject}: ${message}\n    ${remedy}`);
  return [`${name}: ${report.verdict} at ${at}: ${problemsText(report.errors)}`, ...problems].join('\n');
}

function suspended({ name }: Target): DeployError {
  return new DeployError('target-suspended', {
    subject: `target ${name}`,
    message: 'it is suspended',
    remedy: `Set suspend: false on target ${name} in headgate.yml.`,
  });
}
