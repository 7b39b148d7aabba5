import type { Target } from '../../config/checked/config.ts';
import { runCheck } from '../../deploy/readiness/check.ts';
import type { CheckRequest } from '../../deploy/ports/check-request.ts';
import type { MemoryOutbox } from '../../deploy/ports/outbox.ts';
import type { TargetRequest } from '../../deploy/ports/request.ts';
import { runTarget } from '../../deploy/run-requests.ts';
import type { Outcome, Runtime } from '../../deploy/ports/runtime.ts';
import type { NotReady } from '../../deploy/ports/world.ts';
import type { Log } from '../../deploy/ports/log.ts';
import type { Report } from '../../deploy/ports/report.ts';

export type SettledReport = Report & { readonly notReady?: readonly NotReady[] };

interface SettleOptions {
  readonly target: Target;
  readonly outbox: MemoryOutbox;
  readonly runtime: Runtime;
  readonly progress: (at: { readonly done: number; readonly total: number }) => void;
}

export type SettledOutcome =
  { readonly kind: 'done'; readonly report: SettledReport | null } | Extract<Outcome, { kind: 'retry' }>;

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
  const [check] = options.outbox.takeChecks();
  if (check === undefined) return report;
  if (await isReadyInTime(check, options, signal)) return { ...report, readiness: 'ready' };
  const { cluster } = await options.runtime.open(options.target, report.revision);
  const record = await cluster.readiness.read(signal);
  return { ...report, readiness: 'not-ready', notReady: record?.notReady ?? [] };
}

/** Stops at the first object that is stuck, so that the user sees the reason at once. */
async function isReadyInTime(
  request: CheckRequest,
  { runtime, progress }: SettleOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const notReady = new AbortController();
  const log: Log = (line) => {
    runtime.log(line);
    if (line.message === 'check') progress({ done: Number(line['ready']), total: Number(line['total']) });
    if (line.message === 'not-ready') notReady.abort();
  };
  const either = AbortSignal.any([signal, notReady.signal]);
  try {
    for (let next = request; ;) {
      const checked = await runCheck(next, { ...runtime, log }, either);
      if (checked === 'done') return !notReady.signal.aborted;
      await runtime.wait(checked.afterMs, either);
      next = checked.again;
    }
  } catch (thrown) {
    if (notReady.signal.aborted && !signal.aborted) return false;
    throw thrown;
  }
}
