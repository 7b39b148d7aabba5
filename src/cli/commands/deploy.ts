import { randomUUID } from 'node:crypto';
import type { Target } from '../../config/checked/config.ts';
import { memoryOutbox } from '../../deploy/ports/outbox.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { Report } from '../../deploy/ports/report.ts';
import type { Runtime } from '../../deploy/ports/runtime.ts';
import { heldText } from '../../deploy/report/channels/texts.ts';
import { localRuntime } from '../../app/local/local-runtime.ts';
import type { Context, ExitCode } from '../terminal/context.ts';
import { personOf } from '../terminal/person.ts';
import { progressLog } from '../terminal/progress.ts';
import { formatReport, isSuccess } from './format-report.ts';
import { runUntilSettled } from './run-until-settled.ts';
import { activeHold } from '../../state/current.ts';

export interface DeployFlags {
  readonly target: Target;
  /** Null: the target's own limit. */
  readonly pruneLimit: number | null;
  /** The hash of a plan; null: none is approved. */
  readonly approve: string | null;
}

/** Deploys the tip now. Succeeds only when every object is applied and, with `wait`, ready. */
export async function deployCommand(context: Context, { target, pruneLimit, approve }: DeployFlags): Promise<ExitCode> {
  if (target.suspend) throw suspended(target);
  const { config, env, log, signal, nowMs } = context;
  const outbox = memoryOutbox();
  const progress = progressLog(log, nowMs);
  // A unique holder respects the lease of every other process, including a serve on this machine.
  const runtime = localRuntime({ config, env, log, holder: `cli-${randomUUID()}`, progress, outbox });
  try {
    await refuseHeld(target, runtime, signal);
    const prune = pruneLimit === null ? target.prune : { ...target.prune, limit: pruneLimit };
    const request = {
      target: { ...target, prune },
      trigger: { kind: 'cli', by: personOf(env) } as const,
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
    runtime.close();
  }
}

/** Pushes wait for the end of a hold; a person gets an answer. */
async function refuseHeld(target: Target, runtime: Runtime, signal: AbortSignal): Promise<void> {
  const { cluster } = await runtime.open(target, null);
  const hold = activeHold((await cluster.read('read-only', signal)).state, runtime.nowMs());
  if (hold === null) return;
  throw new DeployError('held', {
    subject: `target ${target.name}`,
    message: heldText(hold),
    remedy: `Run headgate release ${target.name} to end the hold and deploy the tip.`,
  });
}

/** Pushes wait for the approval; a person gets an answer. */
function notApproved({ name }: Target, { waitingFor = [] }: Pick<Report, 'waitingFor'>): DeployError {
  return new DeployError('not-approved', {
    subject: `target ${name}`,
    message: waitingFor.join(', '),
    remedy: `Read what it would do with headgate plan ${name}, and run headgate deploy ${name} --approve with its hash.`,
  });
}

function suspended({ name }: Target): DeployError {
  return new DeployError('target-suspended', {
    subject: `target ${name}`,
    message: 'the target is suspended',
    remedy: `Set suspend: false on target ${name} in headgate.yml.`,
  });
}
