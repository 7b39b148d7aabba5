import type { Target } from '../../config/checked/config.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { DeployError } from '../../error/deploy-error.ts';
import { recipientOf } from '../targets/recipient.ts';
import { resolveRecipient } from '../targets/resolve-recipient.ts';
import type { CheckRequest } from '../ports/check-request.ts';
import { deliveryOf } from '../ports/request.ts';
import { MAX_ATTEMPTS, delayBefore, findingsOf, missingText, checkScopeOf } from './judge-readiness.ts';
import type { Findings } from './judge-readiness.ts';
import { readinessLine } from '../report/outcome-log.ts';
import { commitStatus, readyText } from '../report/report.ts';
import type { Ports, Runtime } from '../ports/runtime.ts';
import type { ReadinessRecord } from '../../state/readiness.ts';
import { wakeDependents } from '../targets/dependents.ts';

/** `again`: to be sent to the queue and looked at after so long. */
export type Checked = 'done' | { readonly again: CheckRequest; readonly afterMs: number };

/** One message watches for so long, and looks this often at least. */
const HOP_MS = 60_000;
const LOOK_MS = 15_000;
/** How long a run may take from asking for a check to its last write. */
const CLOSING_MS = 500;

/**
 * Looks at what a run wrote until it is ready, failed, out of time or overtaken, and says so on the commit, in the log, as
 * an Event and in the target's `.ready` object. It takes no lease and writes nothing else: no push ever waits for it.
 */
export async function runCheck(request: CheckRequest, runtime: Runtime, signal: AbortSignal): Promise<Checked> {
  const addressee = resolveRecipient(request, runtime.config);
  if (addressee.kind !== 'target') {
    const reason = addressee.kind === 'nobody' ? addressee.reason : 'the template does not make this target any more';
    runtime.log({
      level: 'warn',
      message: 'ignored',
      target: request.target,
      delivery: deliveryOf(request.trigger),
      reason,
    });
    return 'done';
  }
  const { target } = addressee;
  try {
    const ports = await runtime.open(target, request.revision);
    try {
      return await watchFor(request, { target, ports, runtime }, signal);
    } finally {
      ports.cluster.readiness.close();
    }
  } catch (thrown) {
    const error = asDeployError(thrown);
    if (signal.aborted) throw error;
    return unread(request, { target, runtime, error }, signal);
  }
}

/** Looks at each, and sends on what has to be looked at again. @throws DeployError `interrupted` */
export async function checkAll(
  requests: readonly CheckRequest[],
  runtime: Runtime,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    requests.map(async (request) => {
      const checked = await runCheck(request, runtime, signal);
      // Sent before the old one is taken out: two are harmless, none is not.
      if (checked !== 'done') await runtime.checks.send(checked.again, checked.afterMs, signal);
    }),
  );
}

interface Context {
  readonly target: Target;
  readonly ports: Ports;
  readonly runtime: Runtime;
}

async function watchFor(request: CheckRequest, context: Context, signal: AbortSignal): Promise<Checked> {
  const { runtime, ports } = context;
  const endMs = runtime.nowMs() + HOP_MS;
  let at = await recall(request, ports, signal);
  for (;;) {
    const looked = await lookOnce(at, context, signal);
    if (looked === 'done') return 'done';
    if (looked !== 'open') at = looked;
    const leftMs = Math.min(endMs, deadlineOf(at, context.target)) - runtime.nowMs();
    if (runtime.nowMs() >= endMs) return again(at, context);
    await (looked === 'open'
      ? runtime.wait(CLOSING_MS, signal)
      : ports.cluster.readiness.changed(Math.max(1, Math.min(LOOK_MS, leftMs)), signal));
  }
}

/** A message that comes a second time does not know what was said the first time; the target's `.ready` object does. */
async function recall(request: CheckRequest, { cluster }: Ports, signal: AbortSignal): Promise<CheckRequest> {
  if (request.reported !== null) return request;
  const known = await cluster.readiness.read(signal);
  if (known === null || known.revision !== request.revision || known.sinceMs !== request.sinceMs) return request;
  return known.readiness === 'ready' ? request : { ...request, reported: known.readiness };
}

/** One look: says what has to be said, and returns what is left to be looked at. */
async function lookOnce(
  request: CheckRequest,
  context: Context,
  signal: AbortSignal,
): Promise<CheckRequest | 'open' | 'done'> {
  const { ports, runtime } = context;
  const { readiness } = ports.cluster;
  const { state } = await ports.cluster.read('look', signal);
  const standing = checkScopeOf(state, request, runtime.nowMs());
  if (standing.kind === 'open') return 'open';
  let at = request;
  if (standing.kind === 'overtaken') {
    // A commit that was not applied to its end has been told by the run that overtook it.
    if (!at.statusIsFinal && !at.resumesRun && standing.by !== null)
      await sayOvertaken(at, standing.by, context, signal);
    if (!standing.isAwaited) return 'done';
    at = { ...at, statusIsFinal: true };
  }
  const objects = at.objects === 'all' ? await readiness.owned(state, signal) : at.objects;
  const found = findingsOf(objects, await readiness.readHealth(objects, signal));
  at = { ...at, total: at.total ?? objects.length, objects: found.left };
  runtime.log({
    level: 'debug',
    message: 'check',
    target: context.target.name,
    delivery: deliveryOf(at.trigger),
    ready: totalOf(at) - found.left.length,
    total: totalOf(at),
    notReady: found.notReady,
  });
  if (found.left.length === 0) {
    await (at.resumesRun ? goOn(at, context, signal) : sayReady(at, context, signal));
    return 'done';
  }
  const isLate = runtime.nowMs() >= deadlineOf(at, context.target) || isLastHop(at);
  if ((found.isStuck || isLate) && at.reported !== 'not-ready') {
    await sayNotReady(at, found, context, signal);
    at = { ...at, reported: 'not-ready' };
  }
  if (isLate) return 'done';
  return at.reported === null ? sayProgressing(at, found, context, signal) : at;
}

function totalOf({ total, objects }: CheckRequest): number {
  return total ?? objects.length;
}

function deadlineOf({ sinceMs }: CheckRequest, { waitMs }: Target): number {
  return sinceMs + waitMs;
}

function isLastHop({ attempt: hop }: CheckRequest): boolean {
  return hop >= MAX_ATTEMPTS;
}

function again(
  request: CheckRequest,
  { target, runtime }: Pick<Context, 'target' | 'runtime'>,
): Exclude<Checked, 'done'> {
  const hop = request.attempt + 1;
  const leftMs = deadlineOf(request, target) - runtime.nowMs();
  return { again: { ...request, attempt: hop }, afterMs: delayBefore(hop, { leftMs, hopMs: HOP_MS }) };
}

/** The next wave is an ordinary run: of the newest tip, which skips what is recorded as applied. */
async function goOn(at: CheckRequest, { target, runtime }: Context, signal: AbortSignal): Promise<void> {
  const { revision, trigger } = at;
  const delivery = deliveryOf(trigger);
  runtime.log({ level: 'info', message: 'goes-on', target: target.name, revision, delivery });
  if (at.statusIsFinal) return;
  const request = { ...recipientOf(target), trigger, hint: null, at: new Date(runtime.nowMs()).toISOString() };
  await runtime.requests.send([request], signal);
}

async function sayReady(at: CheckRequest, context: Context, signal: AbortSignal): Promise<void> {
  const { target, ports, runtime } = context;
  const durationMs = runtime.nowMs() - at.beganMs;
  const text = readyText(at.counts, durationMs);
  if (!at.statusIsFinal) await ports.statuses?.set(at.revision, commitStatus(target.name, 'success', text), signal);
  await record(at, { readiness: 'ready', notReady: [] }, context, signal);
  const message = `${at.revision.slice(0, 12)}: ${text}`;
  await writeEvent({ type: 'Normal', reason: 'Ready', message }, context, signal);
  await wakeDependents(target, at.trigger, runtime, signal);
  runtime.log(readinessLine({ ...at, target }, { durationMs, notReady: [], requests: requestsOf(ports) }));
}

async function sayNotReady(at: CheckRequest, found: Findings, context: Context, signal: AbortSignal): Promise<void> {
  const { target, ports, runtime } = context;
  const durationMs = runtime.nowMs() - at.sinceMs;
  const text = missingText(totalOf(at), found.notReady);
  if (!at.statusIsFinal) await ports.statuses?.set(at.revision, commitStatus(target.name, 'failure', text), signal);
  await record(at, { readiness: 'not-ready', notReady: found.notReady }, context, signal);
  const { notReady } = found;
  const message = `${at.revision.slice(0, 12)}: ${text}`;
  await writeEvent({ type: 'Warning', reason: 'NotReady', message }, context, signal);
  runtime.log(readinessLine({ ...at, target }, { durationMs, notReady, requests: requestsOf(ports) }));
}

async function sayProgressing(
  at: CheckRequest,
  { notReady }: Findings,
  context: Context,
  signal: AbortSignal,
): Promise<CheckRequest> {
  await record(at, { readiness: 'progressing', notReady }, context, signal);
  return { ...at, reported: 'progressing' };
}

/** Another commit was applied before this one was ready, so nobody will know whether it would have been. */
async function sayOvertaken(at: CheckRequest, by: string, context: Context, signal: AbortSignal): Promise<void> {
  const { target, ports, runtime } = context;
  // A commit that is not ready has its last word already, and is not made good by the next one.
  if (at.reported === 'not-ready') return;
  const text = `applied; superseded by ${by.slice(0, 7)}`;
  await ports.statuses?.set(at.revision, commitStatus(target.name, 'success', text), signal);
  const { name } = target;
  runtime.log({ level: 'debug', message: 'check', target: name, delivery: deliveryOf(at.trigger), supersededBy: by });
}

/** The world did not answer. Time goes on meanwhile; when it is up, the commit is told that nobody knows. */
async function unread(
  request: CheckRequest,
  { target, runtime, error }: Pick<Context, 'target' | 'runtime'> & { error: DeployError },
  signal: AbortSignal,
): Promise<Checked> {
  const { name } = target;
  const errors = [error.problem];
  runtime.log({ level: 'warn', message: 'not-checked', target: name, delivery: deliveryOf(request.trigger), errors });
  const isLate = runtime.nowMs() >= deadlineOf(request, target) || isLastHop(request);
  if (!isLate) {
    const { again: next, afterMs } = again(request, { target, runtime });
    return { again: next, afterMs: Math.max(afterMs, error.retryAfterMs ?? LOOK_MS) };
  }
  if (request.reported === 'not-ready' || request.statusIsFinal) return 'done';
  const text = `applied; whether it is ready is not known: ${error.message}`;
  const { statuses } = await runtime.open(target, request.revision);
  await statuses?.set(request.revision, commitStatus(name, 'error', text), signal);
  const notReady = [{ kind: 'Target', namespace: target.namespace, name, reason: error.message }];
  const durationMs = runtime.nowMs() - request.sinceMs;
  runtime.log(readinessLine({ ...request, target }, { durationMs, notReady }));
  return 'done';
}

function record(
  { revision, sinceMs }: CheckRequest,
  found: Pick<ReadinessRecord, 'readiness' | 'notReady'>,
  { ports, runtime }: Context,
  signal: AbortSignal,
): Promise<void> {
  const at = new Date(runtime.nowMs()).toISOString();
  return ports.cluster.readiness.write({ revision, sinceMs, at, ...found }, signal);
}

/** Best effort: the commit and the log have it already. */
async function writeEvent(
  event: Parameters<Ports['cluster']['event']>[0],
  { target, ports, runtime }: Context,
  signal: AbortSignal,
): Promise<void> {
  try {
    await ports.cluster.event(event, signal);
  } catch (thrown) {
    const errors = [asDeployError(thrown).problem];
    runtime.log({ level: 'warn', message: 'not-reported', target: target.name, errors });
  }
}

function requestsOf({ cluster, statuses }: Ports) {
  return { kubernetes: cluster.usage.requests, host: statuses?.usage.requests ?? 0 };
}
