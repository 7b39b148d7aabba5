import type { Target } from '../../config/checked/config.ts';
import { runCheckUntilNotReady } from '../../deploy/readiness/check.ts';
import type { CheckRequest } from '../../deploy/ports/check-request.ts';
import type { MemoryOutbox } from '../../deploy/ports/outbox.ts';
import type { TargetRequest } from '../../deploy/ports/request.ts';
import { runTarget } from '../../deploy/requests/run-target.ts';
import { recipientOf } from '../../deploy/targets/recipient.ts';
import type { RunOutcome, Runtime } from '../../deploy/ports/runtime.ts';
import type { NotReady } from '../../state/readiness.ts';
import type { Channel } from '../../deploy/ports/run-event.ts';
import type { Report } from '../../deploy/ports/report.ts';

export type SettledReport = Report & { readonly notReady?: readonly NotReady[] };

interface SettleOptions {
  readonly target: Target;
  readonly outbox: MemoryOutbox;
  readonly runtime: Runtime;
  readonly progress: (at: { readonly done: number; readonly total: number }) => void;
}

export type SettledOutcome =
  { readonly kind: 'done'; readonly report: SettledReport | null } | Extract<RunOutcome, { kind: 'retry' }>;

/** Runs a target wave after wave, each once the one before is ready, until no further run is requested. */
export async function runUntilSettled(
  request: TargetRequest,
  options: Omit<SettleOptions, 'target'>,
  signal: AbortSignal,
): Promise<SettledOutcome> {
  const { target } = request;
  for (;;) {
    const outcome = await runTarget(request, options.runtime, signal);
    if (outcome.kind === 'retry' || outcome.report === null) return outcome;
    const report = await withReadiness(outcome.report, { ...options, target }, signal);
    const isRequested = options.outbox.takeRequests(target.name).length > 0;
    if (report.verdict !== 'waiting' || !isRequested) return { kind: 'done', report };
  }
}

/** Runs the requested check in this process: no queue would deliver it once this process has exited. */
async function withReadiness(report: Report, options: SettleOptions, signal: AbortSignal): Promise<SettledReport> {
  const [requested] = options.outbox.takeChecks();
  const check = requested ?? (report.readiness === 'awaited' ? await checkOfEarlierRun(options, signal) : null);
  if (check === null) return report;
  const notReady = await notReadyInTime(check, options, signal);
  return notReady === null ? { ...report, readiness: 'ready' } : { ...report, readiness: 'not-ready', notReady };
}

/** An earlier run applied the tip, and its check may have ended long ago, so this command reads the readiness again. */
async function checkOfEarlierRun(
  { target, runtime }: SettleOptions,
  signal: AbortSignal,
): Promise<CheckRequest | null> {
  const { cluster } = await runtime.open(target, null);
  const { awaited } = (await cluster.read('read-only', signal)).state.progress;
  if (awaited === null) return null;
  return {
    ...recipientOf(target),
    trigger: { kind: 'cli' },
    revision: awaited.revision,
    sinceMs: awaited.sinceMs,
    beganMs: awaited.sinceMs,
    counts: { created: 0, updated: 0, pruned: 0 },
    objects: 'all',
    total: null,
    attempt: 0,
    // A check that was already reported would not report it again.
    reported: 'progressing',
    statusIsFinal: true,
    resumesRun: false,
  };
}

/** Null: everything became ready. Stops at the first object that is stuck, so that the user sees the reason at once. */
async function notReadyInTime(
  request: CheckRequest,
  { target, runtime, progress }: SettleOptions,
  signal: AbortSignal,
): Promise<readonly NotReady[] | null> {
  let notReady: readonly NotReady[] | null = null;
  const listener: Channel = {
    name: 'command',
    isAwaited: false,
    async report(event) {
      if (event.kind === 'progressing') progress({ done: event.ready, total: event.total });
      if (event.kind === 'not-ready') notReady = event.notReady;
      if (event.kind === 'gave-up')
        notReady = [{ kind: 'Target', namespace: '', name: target.name, reason: event.reason }];
    },
  };
  const channels = [...runtime.channels, listener];
  for (let next = request; ;) {
    const checked = await runCheckUntilNotReady(next, { ...runtime, channels }, signal);
    if (checked === 'done') return notReady;
    await runtime.wait(checked.afterMs, signal);
    next = checked.again;
  }
}
