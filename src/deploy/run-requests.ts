import { asDeployError, needsPerson } from '../error/deploy-error.ts';
import type { DeployError } from '../error/deploy-error.ts';
import { resolveRecipient } from './targets/resolve-recipient.ts';
import { unmetDependencies } from './prepare/dependencies.ts';
import { openNeighbors } from './prepare/neighbors.ts';
import { deploy } from './run/deploy.ts';
import { graceSignal } from './report/grace-signal.ts';
import { nameConflictsOf } from './targets/name-conflicts.ts';
import { openReporter } from './report/open-reporter.ts';
import { failed } from './report/report.ts';
import { stopwatch } from './report/stopwatch.ts';
import type { Stopwatch } from './report/stopwatch.ts';
import type { Timing } from './ports/run-event.ts';
import { deliveryOf } from './ports/request.ts';
import type { DeployRequest, TargetRequest } from './ports/request.ts';
import { runRefused, runTemplate } from './targets/run-template.ts';
import type { Outcome, RunPorts, Runtime } from './ports/runtime.ts';
import type { World } from './ports/world.ts';
import type { Report } from './ports/report.ts';
import { wakeDependents } from './targets/dependents.ts';

/** Runs the requests of one group that arrived together. The tip is read from Git, so one run serves all requests of a target. */
export async function runRequests(
  requests: readonly DeployRequest[],
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Outcome> {
  // Two directories that resolve to one name share a group but are two targets: each gets its own run, which reports that.
  const byOrigin = Map.groupBy(requests, ({ generatedFrom: from }) =>
    JSON.stringify([from?.template ?? null, from?.directory ?? null]),
  );
  let outcome: Outcome = { kind: 'done', report: null };
  for (const ofOne of byOrigin.values()) {
    const next = await runTogether(ofOne, runtime, signal);
    if (outcome.kind === 'done') outcome = next;
  }
  return outcome;
}

async function runTogether(
  requests: readonly DeployRequest[],
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Outcome> {
  const newest = requests.at(-1);
  if (newest === undefined) return { kind: 'done', report: null };
  const recipient = resolveRecipient(newest, runtime.config);
  const { generatedFrom: _from, ...merged } = merge(newest, requests);
  switch (recipient.kind) {
    case 'target':
      return runTarget({ ...merged, target: recipient.target }, runtime, signal);
    case 'template':
      return runTemplate(recipient.template, merged, runtime, signal);
    case 'refused':
      return runRefused(recipient.refused, merged, runtime, signal);
    case 'none': {
      const { target, trigger } = newest;
      const delivery = deliveryOf(trigger);
      runtime.log({ level: 'warn', message: 'ignored', target, delivery, reason: recipient.reason });
      return { kind: 'done', report: null };
    }
    default:
      return recipient satisfies never;
  }
}

/** Deliveries and commands go before the sweep, and drift comes last: it will be detected again. */
function merge(newest: DeployRequest, requests: readonly DeployRequest[]): DeployRequest {
  const forTip = requests.filter(({ drift }) => drift === undefined);
  const chosen = forTip.findLast(({ trigger }) => trigger.kind !== 'sweep') ?? forTip.at(-1) ?? newest;
  const hint = requests.findLast((request) => request.hint !== null)?.hint ?? null;
  return { ...chosen, hint, ...wakesOf(requests) };
}

/** A request that no other run caused begins a new chain. */
function wakesOf(requests: readonly DeployRequest[]): Pick<DeployRequest, 'wakes' | 'wokenBy'> {
  const wakes = new Map(requests.flatMap((request) => (request.wakes ?? []).map((each) => [each.target, each])));
  const chains = requests.map(({ wokenBy = [] }) => wokenBy).toSorted((a, b) => a.length - b.length);
  return { wakes: [...wakes.values()], wokenBy: chains[0] ?? [] };
}

/** One run, from opening its ports to reporting its outcome. */
export async function runTarget(request: TargetRequest, runtime: Runtime, signal: AbortSignal): Promise<Outcome> {
  const clock = stopwatch(runtime.nowMs);
  let ports: RunPorts | null = null;
  try {
    ports = await runtime.open(request.target, request.hint?.revision ?? null);
    const world = makeWorld(ports, { request, runtime, clock });
    const report = await runIn(world, request, signal);
    await finish(report, { request, world, runtime, timing: clock.timing() }, signal);
    return { kind: 'done', report };
  } catch (thrown) {
    return failRun(asDeployError(thrown), { request, ports, runtime, clock }, signal);
  }
}

async function runIn(world: World, request: TargetRequest, signal: AbortSignal): Promise<Report> {
  const { target, drift } = request;
  if (drift === undefined) return deploy(request, world, signal);
  // No push needs it, so a function that starts for a push does not load it.
  const { correctDrift } = await import('./drift/correct-drift.ts');
  return correctDrift({ target, drift }, world, signal);
}

interface FailedRun {
  readonly request: TargetRequest;
  readonly ports: RunPorts | null;
  readonly runtime: Runtime;
  readonly clock: Stopwatch;
}

/** A failure that only a person can fix is the outcome; the queue retries every other one. */
async function failRun(
  error: DeployError,
  { request, ports, runtime, clock }: FailedRun,
  signal: AbortSignal,
): Promise<Outcome> {
  const isForDrift = request.drift !== undefined;
  // Another run is working on the target: drift that remains is detected again.
  if (isForDrift && error.code === 'lease-held') return { kind: 'done', report: null };
  const report = failed(error.problem, request.hint?.revision ?? null);
  const isFinal = needsPerson(error.code);
  if (isFinal && ports !== null) {
    const world = makeWorld(ports, { request, runtime, clock });
    await finish(report, { request, world, runtime, timing: clock.timing() }, signal);
    return { kind: 'done', report };
  }
  await reporterOf(ports, { request, runtime }).report({ kind: 'retrying', report, timing: clock.timing() }, signal);
  // Drift is detected again later; retries would only fill the queue with old suspects.
  if (isForDrift) return { kind: 'done', report };
  return { kind: 'retry', afterMs: error.retryAfterMs ?? null, error };
}

interface FinishedRun {
  readonly request: TargetRequest;
  readonly world: World;
  readonly runtime: Runtime;
  readonly timing: Timing;
}

async function finish(
  report: Report,
  { request, world, runtime, timing }: FinishedRun,
  signal: AbortSignal,
): Promise<void> {
  const { target, trigger, hint, drift } = request;
  // "No changes" is reported only for the delivery that named this commit.
  const isNamed = hint?.revision === report.revision && report.isAnswered !== true;
  const answersCommit = report.verdict !== 'unchanged' || isNamed || report.isOwed === true;
  const purpose = drift === undefined ? 'tip' : 'drift';
  await world.report({ kind: 'finished', report, purpose, answersCommit, timing }, signal);
  await wake(request, runtime, signal);
  await lift(report, { request, world, runtime }, signal);
  // For dependents, a drift correction or a sweep without changes is not new.
  const isSettled = report.verdict === 'deployed' || (report.verdict === 'unchanged' && hint !== null);
  if (!isSettled || report.readiness === 'awaited') return;
  // The sweep finds the dependents.
  const work = wakeDependents(target, trigger, runtime, graceSignal(signal));
  await orLog('dependents-not-queued', { target, trigger, runtime }, work);
}

/** Requests the runs that this one was requested for. If the process dies before that, the queue repeats this request. */
async function wake(
  { target, trigger, wakes = [], wokenBy = [] }: TargetRequest,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<void> {
  if (wakes.length === 0) return;
  const at = new Date(runtime.nowMs()).toISOString();
  const chain = [...wokenBy, target.name];
  await runtime.requests.send(
    wakes.map((recipient) => ({ ...recipient, trigger, hint: null, at, wokenBy: chain })),
    graceSignal(signal),
  );
}

/** Targets that were refused may pass now. If that fails, the sweep finds them. */
async function lift(
  { lifted }: Report,
  { request: { target, trigger, wokenBy = [] }, world: { cluster }, runtime }: Omit<FinishedRun, 'timing'>,
  signal: AbortSignal,
): Promise<void> {
  if (!lifted) return;
  const { wakeBlocked } = await import('./targets/blocked.ts');
  const lifting = { target, trigger, chain: [...wokenBy, target.name], lifted, cluster };
  await orLog('blocked-not-queued', { target, trigger, runtime }, wakeBlocked(lifting, runtime, graceSignal(signal)));
}

async function orLog(
  message: string,
  { target, trigger, runtime }: Pick<TargetRequest, 'target' | 'trigger'> & { readonly runtime: Runtime },
  work: Promise<void>,
): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    const errors = [asDeployError(thrown).problem];
    runtime.log({ level: 'warn', message, target: target.name, delivery: deliveryOf(trigger), errors });
  }
}

interface RunContext {
  readonly request: Pick<TargetRequest, 'target' | 'trigger' | 'wokenBy'>;
  readonly runtime: Pick<
    Runtime,
    'log' | 'channels' | 'checks' | 'requests' | 'nowMs' | 'wait' | 'config' | 'open' | 'openGit'
  >;
}

export function makeWorld(
  ports: RunPorts,
  { request, runtime, clock }: RunContext & { readonly clock: Stopwatch },
): World {
  const { target } = request;
  const delivery = deliveryOf(request.trigger);
  const { log, checks, nowMs, wait } = runtime;
  return {
    ...ports,
    target,
    checks,
    unmet: (signal) => unmetDependencies(target, runtime, signal),
    neighbors: (run) => openNeighbors({ ...run, request, git: ports.git, runtime }),
    nameConflicts: (signal) => nameConflictsOf(target, { ...runtime, git: ports.git }, signal),
    nowMs,
    wait,
    stage: (name, work) =>
      clock.time(name, work, (durationMs) => {
        log({ level: 'debug', message: name, target: target.name, delivery, durationMs });
      }),
    report: reporterOf(ports, { request, runtime }).report,
  };
}

function reporterOf(ports: RunPorts | null, { request: { target, trigger }, runtime: { log, channels } }: RunContext) {
  const open = { cluster: ports?.cluster ?? null, git: ports?.git ?? null, statuses: ports?.statuses ?? null };
  const subject = { target: target.name, repository: target.repository.name, trigger };
  return openReporter(subject, { ...open, log, others: channels });
}
