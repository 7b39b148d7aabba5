import { asDeployError } from '../../error/deploy-error.ts';
import type { Report } from '../ports/report.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { RunOutcome, RunPorts, Runtime } from '../ports/runtime.ts';
import type { World } from '../ports/world.ts';
import { stopwatch } from '../report/stopwatch.ts';
import { deploy } from '../run/deploy.ts';
import { finish } from './finish.ts';
import { makeWorld } from './make-world.ts';

/** One run, from opening its ports to reporting its outcome. */
export async function runTarget(request: TargetRequest, runtime: Runtime, signal: AbortSignal): Promise<RunOutcome> {
  const clock = stopwatch(runtime.nowMs);
  let ports: RunPorts | null = null;
  try {
    ports = await runtime.open(request.target, request.hint?.revision ?? null);
    const world = makeWorld(ports, { request, runtime, clock });
    const report = await runIn(world, request, signal);
    await finish(report, { request, world, runtime, timing: clock.timing() }, signal);
    return { kind: 'done', report };
  } catch (thrown) {
    // A function that starts for a push does not load what only a failure needs.
    const { failRun } = await import('./fail-run.ts');
    return failRun(asDeployError(thrown), { request, ports, runtime, clock }, signal);
  }
}

async function runIn(world: World, request: TargetRequest, signal: AbortSignal): Promise<Report> {
  const { target, drift } = request;
  if (drift === undefined) return deploy(request, world, signal);
  // A run that deploys does not load what only drift needs.
  const { correctDrift } = await import('../drift/correct-drift.ts');
  return correctDrift({ target, drift }, world, signal);
}
