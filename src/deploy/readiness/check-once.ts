import type { Target } from '../../config/checked/config.ts';
import type { AwaitedObject } from '../../health/needs-readiness.ts';
import { formatId } from '../../resource/resource.ts';
import type { CheckRequest } from '../ports/check-request.ts';
import { deliveryOf } from '../ports/request.ts';
import type { Reporter } from '../ports/run-event.ts';
import type { RunPorts, Runtime } from '../ports/runtime.ts';
import { lastReadyOf } from '../../state/readiness.ts';
import type { ReadinessRecord } from '../../state/readiness.ts';
import { wakeDependents } from '../targets/dependents.ts';
import { recipientOf } from '../targets/recipient.ts';
import { checkScopeOf, findingsOf } from './judge-readiness.ts';
import type { ReadinessFindings } from './judge-readiness.ts';
import { deadlineOf, isLastAttempt } from './pacing.ts';

export interface CheckContext extends Reporter {
  readonly target: Target;
  readonly ports: RunPorts;
  readonly runtime: Runtime;
  /** What was recorded when this attempt began. */
  readonly known: () => Promise<ReadinessRecord | null>;
}

/** Reads the objects once, reports, and returns what is left to check. `open`: the run is not closed yet. */
export async function checkOnce(
  request: CheckRequest,
  context: CheckContext,
  signal: AbortSignal,
): Promise<CheckRequest | 'open' | 'done'> {
  const { ports, runtime, target, report } = context;
  const { readiness } = ports.cluster;
  const { state } = await ports.cluster.read('read-only', signal);
  const scope = checkScopeOf(state, request, runtime.nowMs());
  if (scope.kind === 'open') return 'open';
  const isSuperseded = scope.kind === 'superseded';
  if (isSuperseded) await reportSuperseded(request, scope.by, context, signal);
  if (isSuperseded && !scope.isAwaited) return 'done';
  const statusIsFinal = request.statusIsFinal || isSuperseded;
  const objects =
    request.objects === 'all' || isSuperseded
      ? remaining(request.objects, await readiness.owned(state, signal))
      : request.objects;
  const found = findingsOf(objects, await readiness.readHealth(objects, signal));
  const total = request.total ?? objects.length;
  const checked = { ...request, statusIsFinal, total, objects: found.left };
  await report({ kind: 'progressing', ready: total - found.left.length, total, notReady: found.notReady }, signal);
  if (found.left.length === 0) {
    const resumes = checked.resumesRun && !statusIsFinal;
    await (resumes ? resumeRun(checked, context, signal) : reportReady(checked, context, signal));
    return 'done';
  }
  const isLate = runtime.nowMs() >= deadlineOf(checked, target) || isLastAttempt(checked);
  if ((found.isStuck || isLate) && checked.reported !== 'not-ready') {
    await reportNotReady({ ...checked, total }, found, context, signal);
    if (!isLate) return { ...checked, reported: 'not-ready' };
  }
  if (isLate) {
    await endLate(checked, context, signal);
    return 'done';
  }
  if (checked.reported !== null) return checked;
  await record(checked, { readiness: 'progressing', notReady: found.notReady }, context, signal);
  return { ...checked, reported: 'progressing' };
}

/** A later commit may have removed objects: the target does not wait for these. */
function remaining(objects: CheckRequest['objects'], owned: readonly AwaitedObject[]): readonly AwaitedObject[] {
  if (objects === 'all') return owned;
  const ids = new Set(owned.map(({ id }) => formatId(id)));
  return objects.filter(({ id }) => ids.has(formatId(id)));
}

/** Another commit was applied before this one was ready, so its readiness stays unknown. */
async function reportSuperseded(
  { revision, reported, statusIsFinal, resumesRun }: CheckRequest,
  by: string | null,
  { deliver }: CheckContext,
  signal: AbortSignal,
): Promise<void> {
  // For a commit that was only partly applied, the run that superseded it reports this.
  if (statusIsFinal || resumesRun || by === null) return;
  // A commit that was reported as not ready stays so: a later commit does not change that.
  if (reported === 'not-ready') return;
  await deliver({ kind: 'superseded', revision, by, isApplied: true }, signal);
}

/** The next wave is an ordinary run of the newest tip, which skips what is recorded as applied. */
async function resumeRun(
  { revision, trigger, sinceMs }: CheckRequest,
  { target, runtime }: CheckContext,
  signal: AbortSignal,
): Promise<void> {
  // The same time when a check that was killed requests the run again, so that what the run reports has the same id.
  const at = new Date(sinceMs).toISOString();
  const delivery = deliveryOf(trigger);
  runtime.log({ level: 'info', message: 'resumed', target: target.name, revision, delivery });
  const request = { ...recipientOf(target), trigger, hint: null, at };
  await runtime.requests.send([request], signal);
}

async function reportReady(checked: CheckRequest, context: CheckContext, signal: AbortSignal): Promise<void> {
  const { target, runtime, deliver } = context;
  const { revision, counts, statusIsFinal: isStatusFinal, beganMs, trigger } = checked;
  const durationMs = runtime.nowMs() - beganMs;
  await deliver({ kind: 'ready', revision, counts, isStatusFinal, durationMs }, signal);
  // Recorded after the report, because a message that is delivered again trusts the record.
  await record(checked, { readiness: 'ready', notReady: [] }, context, signal);
  await wakeDependents(target, trigger, runtime, signal);
  const { lifted } = checked;
  if (!lifted) return;
  const { wakeBlocked } = await import('../targets/blocked.ts');
  const lifting = { target, trigger, chain: [target.name], lifted, cluster: context.ports.cluster };
  await wakeBlocked(lifting, runtime, signal);
}

async function reportNotReady(
  checked: CheckRequest & { readonly total: number },
  { notReady }: ReadinessFindings,
  context: CheckContext,
  signal: AbortSignal,
): Promise<void> {
  const { runtime, deliver } = context;
  const { revision, total, statusIsFinal: isStatusFinal, sinceMs } = checked;
  const durationMs = runtime.nowMs() - sinceMs;
  await deliver({ kind: 'not-ready', revision, total, notReady, isStatusFinal, durationMs }, signal);
  await record(checked, { readiness: 'not-ready', notReady }, context, signal);
}

/** Rolls back, also when the check is repeated: a process that was killed may have reported the end without doing this. */
async function endLate(
  { revision, trigger, statusIsFinal }: CheckRequest,
  { target, ports: { cluster }, runtime, report }: CheckContext,
  signal: AbortSignal,
): Promise<void> {
  // The user of a command sees the result, and decides.
  if (target.onFailure !== 'rollback' || statusIsFinal || trigger.kind === 'cli') return;
  const { rollBack } = await import('../hold/roll-back.ts');
  await rollBack({ target, revision, trigger }, { cluster, report, runtime }, signal);
}

async function record(
  { revision, sinceMs }: CheckRequest,
  found: Pick<ReadinessRecord, 'readiness' | 'notReady'>,
  { ports, runtime, known }: CheckContext,
  signal: AbortSignal,
): Promise<void> {
  const at = new Date(runtime.nowMs()).toISOString();
  const lastReady = found.readiness === 'ready' ? null : lastReadyOf(await known());
  await ports.cluster.readiness.write({ revision, sinceMs, at, lastReady, ...found }, signal);
}
