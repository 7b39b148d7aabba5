import { deliveryOf } from '../ports/request.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { Reporter } from '../ports/run-event.ts';
import type { RunPorts, Runtime } from '../ports/runtime.ts';
import type { World } from '../ports/world.ts';
import { unmetDependencies } from '../prepare/dependencies.ts';
import { openNeighbors } from '../prepare/neighbors.ts';
import { openReporter } from '../report/open-reporter.ts';
import type { Stopwatch } from '../report/stopwatch.ts';
import { nameConflictsOf } from '../targets/name-conflicts.ts';

interface RunContext {
  readonly request: Pick<TargetRequest, 'target' | 'trigger' | 'wokenBy'> & Partial<Pick<TargetRequest, 'at'>>;
  readonly runtime: Pick<
    Runtime,
    'log' | 'channels' | 'checks' | 'requests' | 'nowMs' | 'wait' | 'config' | 'open' | 'openGit' | 'keys' | 'reviewed'
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
    neighbors: (run) => openNeighbors({ ...run, request, git: ports.git, tools: ports.tools, runtime }),
    nameConflicts: (signal) => nameConflictsOf(target, { ...runtime, git: ports.git }, signal),
    keys: runtime.keys,
    reviewed: (revision, signal) => runtime.reviewed(target, revision, signal),
    nowMs,
    wait,
    stage: (name, work) =>
      clock.time(name, work, (durationMs) => {
        log({ level: 'debug', message: name, target: target.name, delivery, durationMs });
      }),
    report: reporterOf(ports, { request, runtime }).report,
  };
}

/** Of a run; a port is null if it was not opened. */
export function reporterOf(
  { cluster, git, statuses }: { readonly [Port in 'cluster' | 'git' | 'statuses']: RunPorts[Port] | null },
  { request: { target, trigger, at = '' }, runtime: { log, channels } }: RunContext,
): Reporter {
  const { name, repository, notify } = target;
  const subject = { target: name, repository: repository.name, trigger, notify, requestedAt: at };
  return openReporter(subject, { cluster, git, statuses, log, others: channels });
}
