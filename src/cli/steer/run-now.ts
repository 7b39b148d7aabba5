import type { Target } from '../../config/checked/config.ts';
import type { LocalRuntime } from '../../app/local/local-runtime.ts';
import type { MemoryOutbox } from '../../deploy/ports/outbox.ts';
import { progressLog } from '../terminal/progress.ts';
import type { Context } from '../terminal/context.ts';
import { personOf } from '../terminal/person.ts';
import { runUntilSettled } from '../runs/run-until-settled.ts';
import type { SettledReport } from '../runs/run-until-settled.ts';

/** A run holds its lease for a minute at most without renewing it. */
const LEASE_WAIT_MS = 90_000;
const PAUSE_MS = 1000;

/** Runs a target as its queue would, after the run that is under way. @throws DeployError when the run fails */
export async function runNow(
  target: Target,
  { env, log, nowMs, signal }: Context,
  { runtime, outbox }: { readonly runtime: LocalRuntime; readonly outbox: MemoryOutbox },
): Promise<SettledReport | null> {
  const progress = progressLog(log, nowMs);
  const untilMs = nowMs() + LEASE_WAIT_MS;
  for (;;) {
    const trigger = { kind: 'cli', by: personOf(env) } as const;
    const request = { target, trigger, hint: null, at: new Date(nowMs()).toISOString() };
    const outcome = await runUntilSettled(request, { outbox, runtime, progress }, signal);
    if (outcome.kind === 'done') return outcome.report;
    const isBusy = outcome.error.code === 'lease-held' || outcome.error.code === 'lease-lost';
    if (!isBusy || nowMs() > untilMs) throw outcome.error;
    await runtime.wait(PAUSE_MS, signal);
  }
}
