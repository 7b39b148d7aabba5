import { openDeployingRuntime } from '../runs/deploying-runtime.ts';
import type { Target } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Report } from '../../deploy/ports/report.ts';
import type { Runtime } from '../../deploy/ports/runtime.ts';
import { heldText } from '../../deploy/report/channels/texts.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { personOf } from '../terminal/person.ts';
import { progressLog } from '../terminal/progress.ts';
import { formatReport, isSuccess } from './format-report.ts';
import { runUntilSettled } from '../runs/run-until-settled.ts';
import { activeHold, openedCommit } from '../../state/current.ts';
import type { Hold } from '../../state/hold.ts';
import { reporterOf } from '../../deploy/requests/make-world.ts';
import { reasonWhileClosed } from '../../windows/describe.ts';

export interface DeployFlags {
  readonly target: Target;
  /** Null: the target's own limit. */
  readonly pruneLimit: number | null;
  /** The hash of a plan; null: none is approved. */
  readonly approve: string | null;
  /** Why it may deploy outside its windows; null: it may not. */
  readonly overrideReason: string | null;
}

/** Deploys the tip now. Succeeds only when every object is applied and, with `wait`, ready. */
export async function deployCommand(
  context: Context,
  { target, pruneLimit, approve, overrideReason }: DeployFlags,
): Promise<ExitCode> {
  if (target.suspend) throw suspended(target);
  const { config, env, log, signal, nowMs } = context;
  const progress = progressLog(log, nowMs);
  const { runtime, outbox, close } = openDeployingRuntime({ config, env, log, progress });
  try {
    const by = personOf(env);
    const windows = await windowsFor({ target, by, overrideReason }, runtime, signal);
    const prune = pruneLimit === null ? target.prune : { ...target.prune, limit: pruneLimit };
    const request = {
      target: { ...target, prune, windows },
      trigger: { kind: 'cli', by } as const,
      hint: null,
      at: new Date(nowMs()).toISOString(),
      ...(approve === null ? {} : { approval: { hash: approve, by: personOf(env) } }),
    };
    const outcome = await runUntilSettled(request, { outbox, runtime, progress }, signal);
    if (outcome.kind === 'retry') throw outcome.error;
    if (outcome.report === null) return 1;
    if (target.approval === 'plan' && outcome.report.isDeferred === true) throw notApproved(target, outcome.report);
    const { lifted: _lifted, ...report } = outcome.report;
    context.print(
      context.output === 'json'
        ? JSON.stringify({ target: target.name, ...report }, null, 2)
        : formatReport(target, report),
    );
    return isSuccess(report) ? 0 : 1;
  } finally {
    await close();
  }
}

interface Overriding {
  readonly target: Target;
  readonly by: string;
  readonly overrideReason: string | null;
}

/**
 * The windows of this deploy: none, if they are overridden. Pushes wait for the end of a hold and for a window; a person gets
 * an answer.
 */
async function windowsFor(
  { target, by, overrideReason }: Overriding,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Target['windows']> {
  const ports = await runtime.open(target, null);
  const { state } = await ports.cluster.read('read-only', signal);
  const hold = activeHold(state, runtime.nowMs());
  if (hold !== null) throw held(target, hold);
  const closed = reasonWhileClosed(target.windows, runtime.nowMs());
  // The rest of a run that has opened within a window is not a new deploy.
  if (closed === null || openedCommit(state) !== null) return target.windows;
  if (overrideReason === null) throw outside(target, closed);
  const { report } = reporterOf(ports, { request: { target, trigger: { kind: 'cli', by } }, runtime });
  await report({ kind: 'window-overridden', by, reason: overrideReason, closed }, signal);
  return [];
}

function held({ name }: Target, hold: Hold): DeployError {
  return new DeployError('held', {
    subject: `target ${name}`,
    message: heldText(hold),
    remedy: `Run headgate release ${name} to end the hold and deploy the tip.`,
  });
}

function outside({ name }: Target, closed: string): DeployError {
  return new DeployError('outside-window', {
    subject: `target ${name}`,
    message: closed,
    remedy: `Wait until then, or run headgate deploy ${name} --override-window --reason TEXT.`,
  });
}

/** Pushes wait for the approval; a person gets an answer. */
function notApproved({ name }: Target, { waitingFor = [] }: Pick<Report, 'waitingFor'>): DeployError {
  return new DeployError('not-approved', {
    subject: `target ${name}`,
    message: waitingFor.join(', '),
    remedy: `Read the plan with headgate plan ${name}, then run headgate deploy ${name} --approve HASH with its hash.`,
  });
}

function suspended({ name }: Target): DeployError {
  return new DeployError('target-suspended', {
    subject: `target ${name}`,
    message: 'the target is suspended',
    remedy: `Set suspend: false on target ${name} in headgate.yml.`,
  });
}
