import { asDeployError } from '../../error/deploy-error.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import type { CheckRequest } from '../ports/check-request.ts';
import { deliveryOf } from '../ports/request.ts';
import type { Reporter } from '../ports/run-event.ts';
import type { ReadinessRecord } from '../../state/readiness.ts';
import type { Runtime } from '../ports/runtime.ts';
import { openReporter } from '../report/open-reporter.ts';
import { resolveRecipient } from '../targets/resolve-recipient.ts';
import { checkOnce } from './check-once.ts';
import type { CheckContext } from './check-once.ts';
import { deadlineOf, delayBefore, isLastAttempt, pauseAfterLook } from './pacing.ts';

/** `again`: queue this request, to be continued after `afterMs`. */
export type Checked = 'done' | Again;

interface Again {
  readonly again: CheckRequest;
  readonly afterMs: number;
}

/** How long one attempt watches, and how often it reads at least. */
const ATTEMPT_MS = 60_000;
const POLL_MS = 15_000;
/** How long to wait for a run that has queued its check and not closed yet. */
const CLOSING_MS = 500;

/** How an unfinished check continues: it watches, or it looks once and is queued again. */
interface Manner {
  readonly look: (request: CheckRequest, context: CheckContext, signal: AbortSignal) => Promise<Checked>;
  readonly next: (request: CheckRequest, context: Pick<CheckContext, 'target' | 'runtime'>) => Again;
}

/**
 * Reads what a run applied until it is ready, failed, timed out or superseded, and reports that. It takes no lease and
 * writes only the target's `.ready` object, so no push waits for it.
 */
export function runCheck(request: CheckRequest, runtime: Runtime, signal: AbortSignal): Promise<Checked> {
  return check(request, runtime, watching({ stopsAtNotReady: false }), signal);
}

/** As `runCheck`, but ends as soon as something is reported as not ready: for a person who waits for the answer. */
export function runCheckUntilNotReady(request: CheckRequest, runtime: Runtime, signal: AbortSignal): Promise<Checked> {
  return check(request, runtime, watching({ stopsAtNotReady: true }), signal);
}

/** As `runCheck`, but looks once: a function that waits is billed for it. `looks`: this one included. */
export function lookOnce(
  { request, looks }: { readonly request: CheckRequest; readonly looks: number },
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Checked> {
  const next: Manner['next'] = (again, { target }) => {
    return { again, afterMs: pauseAfterLook(looks, deadlineOf(again, target) - runtime.nowMs()) };
  };
  const look: Manner['look'] = async (current, context) => {
    const continued = looks === 1 ? current : withReported(current, await context.known());
    const checked = await checkOnce(continued, context, signal);
    return checked === 'done' ? 'done' : next(checked === 'open' ? continued : checked, context);
  };
  return check(request, runtime, { look, next }, signal);
}

async function check(request: CheckRequest, runtime: Runtime, manner: Manner, signal: AbortSignal): Promise<Checked> {
  const recipient = resolveRecipient(request, runtime.config);
  if (recipient.kind !== 'target') {
    const { target } = request;
    const delivery = deliveryOf(request.trigger);
    const reason = recipient.kind === 'none' ? recipient.reason : 'the template no longer generates this target';
    runtime.log({ level: 'warn', message: 'ignored', target, delivery, reason });
    return 'done';
  }
  const { target } = recipient;
  try {
    const ports = await runtime.open(target, request.revision);
    try {
      const { report, deliver } = reporterOf(request, { target, ports, runtime });
      const known = once(() => ports.cluster.readiness.read(signal));
      return await manner.look(request, { target, ports, runtime, known, report, deliver }, signal);
    } finally {
      ports.cluster.readiness.close();
    }
  } catch (thrown) {
    const error = asDeployError(thrown);
    if (signal.aborted) throw error;
    return tryLater(request, { target, runtime, error, next: manner.next }, signal);
  }
}

/** Runs each check, and queues what has to be continued. @throws DeployError `interrupted` */
export async function checkAll(
  requests: readonly CheckRequest[],
  runtime: Runtime,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    requests.map(async (request) => {
      const checked = await runCheck(request, runtime, signal);
      // Sent before the old message is removed: a duplicate is harmless, a loss is not.
      if (checked !== 'done') await runtime.checks.send(checked.again, checked.afterMs, signal);
    }),
  );
}

function reporterOf(
  { trigger, sinceMs }: CheckRequest,
  { target, ports: { cluster, statuses }, runtime }: Pick<CheckContext, 'target' | 'ports' | 'runtime'>,
): Reporter {
  const { log, channels: others } = runtime;
  const requestedAt = new Date(sinceMs).toISOString();
  const { name, repository, notify } = target;
  const subject = { target: name, repository: repository.name, trigger, notify, requestedAt };
  return openReporter(subject, { cluster, git: null, statuses, log, others });
}

function watching(until: { readonly stopsAtNotReady: boolean }): Manner {
  return { look: (request, context, signal) => watch(request, { ...context, ...until }, signal), next: nextAttempt };
}

async function watch(
  request: CheckRequest,
  context: CheckContext & { readonly stopsAtNotReady: boolean },
  signal: AbortSignal,
): Promise<Checked> {
  const { runtime, ports, target } = context;
  const endMs = runtime.nowMs() + ATTEMPT_MS;
  let current = withReported(request, await context.known());
  for (;;) {
    const checked = await checkOnce(current, context, signal);
    if (checked === 'done') return 'done';
    if (checked !== 'open') current = checked;
    if (context.stopsAtNotReady && current.reported === 'not-ready') return 'done';
    const leftMs = Math.min(endMs, deadlineOf(current, target)) - runtime.nowMs();
    if (runtime.nowMs() >= endMs) return nextAttempt(current, context);
    await (checked === 'open'
      ? runtime.wait(CLOSING_MS, signal)
      : ports.cluster.readiness.changed(Math.max(1, Math.min(POLL_MS, leftMs)), signal));
  }
}

/** Reads at the first call, and returns the same to every later one. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | null = null;
  return () => (reading ??= read());
}

/** A message that is delivered again does not know what was reported before; the target's `.ready` object does. */
function withReported(request: CheckRequest, known: ReadinessRecord | null): CheckRequest {
  if (request.reported !== null) return request;
  if (known === null || known.revision !== request.revision || known.sinceMs !== request.sinceMs) return request;
  return known.readiness === 'ready' ? request : { ...request, reported: known.readiness };
}

function nextAttempt(request: CheckRequest, { target, runtime }: Pick<CheckContext, 'target' | 'runtime'>): Again {
  const attempt = request.attempt + 1;
  const leftMs = deadlineOf(request, target) - runtime.nowMs();
  return { again: { ...request, attempt }, afterMs: delayBefore(attempt, { leftMs, attemptMs: ATTEMPT_MS }) };
}

/** The cluster or the Git host did not answer. After the deadline, readiness is reported as unknown. */
async function tryLater(
  request: CheckRequest,
  {
    target,
    runtime,
    error,
    next,
  }: Pick<CheckContext, 'target' | 'runtime'> & { error: DeployError } & Pick<Manner, 'next'>,
  signal: AbortSignal,
): Promise<Checked> {
  const { trigger, revision, sinceMs } = request;
  const delivery = deliveryOf(trigger);
  runtime.log({ level: 'warn', message: 'not-checked', target: target.name, delivery, errors: [error.problem] });
  const isLate = runtime.nowMs() >= deadlineOf(request, target) || isLastAttempt(request);
  if (!isLate) {
    const { again, afterMs } = next(request, { target, runtime });
    return { again, afterMs: Math.max(afterMs, error.retryAfterMs ?? POLL_MS) };
  }
  if (request.reported === 'not-ready' || request.statusIsFinal) return 'done';
  const ports = await runtime.open(target, revision);
  await reporterOf(request, { target, ports, runtime }).deliver(
    {
      kind: 'gave-up',
      on: 'readiness',
      revision,
      reason: `applied; readiness unknown: ${error.message}`,
      isStatusFinal: false,
      durationMs: runtime.nowMs() - sinceMs,
    },
    signal,
  );
  return 'done';
}
