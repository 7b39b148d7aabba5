import { asDeployError, failureClassOf } from '../error/deploy-error.ts';
import { resolveRecipient } from './targets/resolve-recipient.ts';
import { correctDrift } from './drift/correct-drift.ts';
import { unmetDependencies } from './run/dependencies.ts';
import { deploy } from './run/deploy.ts';
import { graceSignal } from './report/grace-signal.ts';
import { namesakesOf } from './targets/namesakes.ts';
import { outcomeLine, readinessLine } from './report/outcome-log.ts';
import { failed, statusOf } from './report/report.ts';
import { deliveryOf } from './ports/request.ts';
import type { DeployRequest, TargetRequest } from './ports/request.ts';
import { runRefused, runTemplate } from './targets/run-template.ts';
import type { Outcome, Ports, Runtime } from './ports/runtime.ts';
import type { Stage, World } from './ports/world.ts';
import type { Log } from './ports/log.ts';
import type { Report } from './ports/report.ts';
import { wakeDependents } from './targets/dependents.ts';

/** Runs the requests of one group that arrived together: the tip is read from Git, so one run answers all of one target. */
export async function runRequests(
  requests: readonly DeployRequest[],
  runtime: Runtime,
  signal: AbortSignal,
): Promise<Outcome> {
  // Two directories that come to one name are one group and two targets: each is told so by a run of its own.
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
  const addressee = resolveRecipient(newest, runtime.config);
  const { generatedFrom: _from, ...merged } = merge(newest, requests);
  switch (addressee.kind) {
    case 'target':
      return runTarget({ ...merged, target: addressee.target }, runtime, signal);
    case 'template':
      return runTemplate(addressee.template, merged, runtime, signal);
    case 'refused':
      return runRefused(addressee.refused, merged, runtime, signal);
    case 'nobody': {
      const { target, trigger } = newest;
      runtime.log({
        level: 'warn',
        message: 'ignored',
        target,
        delivery: deliveryOf(trigger),
        reason: addressee.reason,
      });
      return { kind: 'done', report: null };
    }
    default:
      return addressee satisfies never;
  }
}

/** Drift is looked for again in a while; whoever asks for the tip is answered first, and a sweep asks last. */
function merge(newest: DeployRequest, requests: readonly DeployRequest[]): DeployRequest {
  const forTip = requests.filter(({ drift }) => drift === undefined);
  const asked = forTip.findLast(({ trigger }) => trigger.kind !== 'sweep') ?? forTip.at(-1) ?? newest;
  const hint = requests.findLast((request) => request.hint !== null)?.hint ?? null;
  return { ...asked, hint };
}

/** One run from opening its ports to its last word on the commit. */
export async function runTarget(request: TargetRequest, runtime: Runtime, signal: AbortSignal): Promise<Outcome> {
  const startedMs = runtime.nowMs();
  const stagesMs: Partial<Record<Stage, number>> = {};
  let world: World | null = null;
  try {
    world = makeWorld(await runtime.open(request.target, request.hint?.revision ?? null), {
      request,
      runtime,
      stagesMs,
    });
    const { target, drift } = request;
    const report =
      drift === undefined ? await deploy(request, world, signal) : await correctDrift({ target, drift }, world, signal);
    await finish(
      report,
      { request, world, runtime, timing: { durationMs: runtime.nowMs() - startedMs, stagesMs } },
      signal,
    );
    return { kind: 'done', report };
  } catch (thrown) {
    const error = asDeployError(thrown);
    const report = failed(error.problem, request.hint?.revision ?? null);
    const timing = { durationMs: runtime.nowMs() - startedMs, stagesMs };
    // Somebody is at work on it: the next look sees what that left.
    if (request.drift !== undefined && error.code === 'lease-held') return { kind: 'done', report: null };
    const isFinal = ['manifest', 'guard'].includes(failureClassOf(error.code));
    if (isFinal && world !== null) {
      await finish(report, { request, world, runtime, timing }, signal);
      return { kind: 'done', report };
    }
    runtime.log(
      world === null ? bareLine(report, request, timing.durationMs) : outcomeLine(report, request, { world, timing }),
    );
    // The next look finds what is still amiss; a queue of old looks would only grow.
    if (request.drift !== undefined) return { kind: 'done', report };
    return { kind: 'retry', afterMs: error.retryAfterMs ?? null, error };
  }
}

function bareLine(report: Report, request: TargetRequest, durationMs: number): Parameters<Log>[0] {
  const { name, repository } = request.target;
  return {
    level: 'error',
    message: 'failed',
    target: name,
    repository: repository.name,
    delivery: deliveryOf(request.trigger),
    verdict: 'failed',
    durationMs,
    errors: report.errors,
  };
}

async function finish(
  report: Report,
  {
    request,
    world,
    runtime,
    timing,
  }: { request: TargetRequest; world: World; runtime: Runtime; timing: Parameters<typeof outcomeLine>[2]['timing'] },
  signal: AbortSignal,
): Promise<void> {
  const status = statusOf(request.target.name, report, timing.durationMs);
  // "No changes" is an answer to the delivery that named this commit, and to nobody else.
  const isNews = report.verdict !== 'unchanged' || request.hint?.revision === report.revision || report.isOwed === true;
  // The commit has its final word; what became of the cluster since is no fault of it.
  const isAsked = isNews && request.drift === undefined;
  const { statuses } = world;
  const last = graceSignal(signal);
  if (status !== null && isAsked && report.revision !== null && statuses !== null) {
    await world.warn(statuses.set(report.revision, status, last));
  }
  runtime.log(outcomeLine(report, request, { world, timing }));
  // A drift correction or a look of the sweep changes nothing for others.
  const isSettled = report.verdict === 'deployed' || (report.verdict === 'unchanged' && request.hint !== null);
  if (isSettled && report.readiness !== 'awaited') {
    await world.warn(wakeDependents(request.target, request.trigger, runtime, last));
  }
  // What is complete once it is written needs no look.
  if (report.readiness === 'ready' && report.revision !== null) {
    const { revision } = report;
    runtime.log(readinessLine({ ...request, revision }, { durationMs: timing.durationMs, notReady: [] }));
  }
}

export function makeWorld(
  ports: Ports,
  {
    request,
    runtime,
    stagesMs,
  }: {
    request: Pick<TargetRequest, 'target' | 'trigger'>;
    runtime: Pick<Runtime, 'log' | 'checks' | 'nowMs' | 'wait' | 'config' | 'open' | 'openGit'>;
    stagesMs: Partial<Record<Stage, number>>;
  },
): World {
  const { target } = request;
  const delivery = deliveryOf(request.trigger);
  const { log, checks, nowMs, wait } = runtime;
  return {
    ...ports,
    target,
    checks,
    unmet: (signal) => unmetDependencies(target, runtime, signal),
    namesakes: (signal) => namesakesOf(target, { ...runtime, git: ports.git }, signal),
    nowMs,
    wait,
    async stage(name, work) {
      const startedMs = nowMs();
      try {
        return await work();
      } finally {
        const durationMs = nowMs() - startedMs;
        stagesMs[name] = (stagesMs[name] ?? 0) + durationMs;
        log({ level: 'debug', message: name, target: target.name, delivery, durationMs });
      }
    },
    async warn(work) {
      try {
        await work;
      } catch (thrown) {
        const { problem } = asDeployError(thrown);
        log({ level: 'warn', message: 'not-reported', target: target.name, delivery, errors: [problem] });
      }
    },
  };
}
