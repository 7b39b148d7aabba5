import type { Target } from '../../config/checked/config.ts';
import { runCheckUntilNotReady } from '../../deploy/readiness/check.ts';
import type { CheckRequest } from '../../deploy/ports/check-request.ts';
import type { MemoryOutbox } from '../../deploy/ports/outbox.ts';
import type { TargetRequest } from '../../deploy/ports/request.ts';
import { runTarget } from '../../deploy/run-requests.ts';
import type { Outcome, Runtime } from '../../deploy/ports/runtime.ts';
import type { NotReady } from '../../state/readiness.ts';
import type { Channel } from '../../deploy/ports/run-event.ts';
import type { Report } from '../../deploy/ports/report.ts';

export type SettledReport = Report & { readonly notReady?: readonly NotReady[] };

interface Waiting {
  readonly target: Target;
  readonly outbox: MemoryOutbox;
  readonly runtime: Runtime;
  readonly progress: (at: { readonly done: number; readonly total: number }) => void;
}

export type SettledOutcome =
  { readonly kind: 'done'; readonly report: SettledReport | null } | Extract<Outcome, { kind: 'retry' }>;

/** Runs until there is nothing more to come: wave after wave, each of them ready before the next. */
export async function runToTheEnd(
  request: TargetRequest,
  waiting: Omit<Waiting, 'target'>,
  signal: AbortSignal,
): Promise<SettledOutcome> {
  const { target } = request;
  for (;;) {
    const outcome = await runTarget(request, waiting.runtime, signal);
    if (outcome.kind === 'retry' || outcome.report === null) return outcome;
    const report = await withReadiness(outcome.report, { ...waiting, target }, signal);
    const isAsked = waiting.outbox.takeRequests(target.name).length > 0;
    if (report.verdict !== 'waiting' || !isAsked) return { kind: 'done', report };
  }
}

/** A run that requested a check has it made here and now: this process consumes no queue. */
async function withReadiness(report: Report, waiting: Waiting, signal: AbortSignal): Promise<SettledReport> {
  const [check] = waiting.outbox.takeChecks();
  if (check === undefined) return report;
  const notReady = await notReadyInTime(check, waiting, signal);
  return notReady === null ? { ...report, readiness: 'ready' } : { ...report, readiness: 'not-ready', notReady };
}

/** Null: everything became ready. What cannot start ends the wait at once, because a person waits for the reason. */
async function notReadyInTime(
  request: CheckRequest,
  { target, runtime, progress }: Waiting,
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
