import { beginningOf } from '../../error/cut-text.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import type { DeployError, ErrorCode } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { TargetState } from '../../state/target-state.ts';
import { deliveryOf } from '../ports/request.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { Report } from '../ports/report.ts';
import type { RunEvent, Timing } from '../ports/run-event.ts';
import type { RunPorts, Runtime } from '../ports/runtime.ts';
import type { World } from '../ports/world.ts';
import { statusIsFinal } from '../run/waiting.ts';
import { reporterOf } from './make-world.ts';

/**
 * Not failures: another run works on the target and reports its own end, or this process is ending and the next one
 * resumes. What fails then is seen by the next attempt.
 */
const OTHER_RUNS: ReadonlySet<ErrorCode> = new Set(['lease-held', 'lease-lost', 'interrupted']);

/** The state cannot be read either: reading it would only make the attempt longer. */
const NO_CLUSTER: ReadonlySet<ErrorCode> = new Set([
  'cluster-unreachable',
  'cluster-unauthorized',
  'cluster-throttled',
  'aws-unreachable',
  'aws-unauthorized',
]);

/** People should see by then why nothing happens. */
const LATEST_MS = 30_000;

interface FailedAttempt {
  readonly error: Pick<DeployError, 'code' | 'retryAfterMs'>;
  readonly tries: number;
  /** Since the request was sent, until it failed. */
  readonly ageMs: number;
  /** Of this attempt; the next one may take as long. */
  readonly durationMs: number;
}

/**
 * Is it time to report that the runs of a request fail? After the second failure, or after the first if a second one would be
 * too late.
 */
export function isWorthReporting({ error, tries, ageMs, durationMs }: FailedAttempt): boolean {
  if (OTHER_RUNS.has(error.code)) return false;
  return tries > 1 || ageMs + (error.retryAfterMs ?? 0) + durationMs >= LATEST_MS;
}

interface RetriedRun {
  readonly request: TargetRequest;
  /** Null, as the world: the run failed before they were open. */
  readonly ports: RunPorts | null;
  readonly world: World | null;
  readonly runtime: Runtime;
  readonly report: Report;
  readonly timing: Timing;
}

/** Reports an attempt that the queue repeats: in the log, and once it is worth it on the commit and in the state. */
export async function reportRetry(error: DeployError, run: RetriedRun, signal: AbortSignal): Promise<void> {
  const { request, ports, runtime, report, timing } = run;
  const ageMs = runtime.nowMs() - Date.parse(request.at);
  const attempt = { error, tries: request.tries ?? 1, ageMs, durationMs: timing.durationMs };
  const isShown = request.drift === undefined && isWorthReporting(attempt);
  const pending = isShown ? await noteRetry(error, run, signal) : null;
  // A run that failed before it could open its ports is reported on the commit nevertheless.
  const statuses = ports === null && pending !== null ? await openStatuses(request, runtime) : null;
  const reporter = reporterOf(ports ?? { cluster: null, git: null, statuses }, { request, runtime });
  await reporter.report({ kind: 'retrying', report, timing, pending }, signal);
}

async function openStatuses({ target }: TargetRequest, runtime: Runtime): Promise<RunPorts['statuses']> {
  return runtime.openStatuses(target.repository).catch(() => null);
}

/** Records once that a target's runs fail, where the state can be written. Returns the commit that is pending for that. */
async function noteRetry(
  error: DeployError,
  { request, world, runtime }: RetriedRun,
  signal: AbortSignal,
): Promise<Extract<RunEvent, { kind: 'retrying' }>['pending']> {
  const { hint, tries = 1, target, trigger } = request;
  const revision = hint?.revision ?? null;
  let isPending = true;
  if (world !== null && !NO_CLUSTER.has(error.code)) {
    try {
      isPending = await recordRetry(error, { revision, world }, signal);
    } catch (thrown) {
      const errors = [asDeployError(thrown).problem];
      runtime.log({
        level: 'debug',
        message: 'not-recorded',
        target: target.name,
        delivery: deliveryOf(trigger),
        errors,
      });
    }
  }
  return revision !== null && isPending ? { revision, tries } : null;
}

/** Records why the run is repeated. Returns whether the commit is pending for that: it is not if it has its final status. */
async function recordRetry(
  error: DeployError,
  { revision, world }: { readonly revision: Revision | null; readonly world: World },
  signal: AbortSignal,
): Promise<boolean> {
  const recorded = await world.cluster.read('write', signal);
  const { state } = recorded;
  const isPending =
    revision !== null && !hasOutcome(state, revision) && !(await statusIsFinal({ state, revision }, world, signal));
  if (state.hasOtherOrigin || !isNew(state, revision)) return isPending;
  const { pendingOn } = state.outcome;
  const isOvertaken = isPending && pendingOn !== null && pendingOn !== revision;
  if (isOvertaken && pendingOn !== state.applied.source?.revision)
    await world.report({ kind: 'superseded', revision: pendingOn, by: revision, isApplied: false }, signal);
  const since = new Date(world.nowMs()).toISOString();
  const retry = { revision, reason: beginningOf(`${error.subject}: ${error.message}`, REASON_LENGTH), since };
  const outcome = isPending ? { retry, pendingOn: revision } : { retry };
  // The lease of the failed run stays: what it sent may still arrive.
  await recorded.record({ run: { lease: state.run.lease }, outcome }, signal);
  return isPending;
}

/** Enough for a server's text, without its whole body. */
const REASON_LENGTH = 500;

/** Was this commit reported as refused, partly applied or failed, and not tried since? */
function hasOutcome({ outcome }: TargetState, revision: Revision): boolean {
  const { attempted, verdict, pendingOn } = outcome;
  return attempted === revision && verdict !== null && verdict !== 'waiting' && pendingOn !== revision;
}

function isNew({ outcome: { retry } }: TargetState, revision: Revision | null): boolean {
  return retry === null || (revision !== null && retry.revision !== revision);
}
