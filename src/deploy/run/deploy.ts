import type { Target } from '../../config/checked/config.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Report } from '../ports/report.ts';
import type { TargetRequest } from '../ports/request.ts';
import type { World } from '../ports/world.ts';
import { carryOut } from './carry-out.ts';
import { endEarly } from './end-early.ts';
import { prepare } from '../prepare/prepare.ts';
import { planned } from '../prepare/planned.ts';
import type { Planned } from '../prepare/planned.ts';

/** Brings one target to the tip of its ref. */
export async function deploy(request: TargetRequest, world: World, signal: AbortSignal): Promise<Report> {
  const prepared = await prepare(request, { options: { purpose: 'write', at: null }, world }, signal);
  return prepared.kind === 'stopped'
    ? endEarly(prepared.stop, prepared.run, { world, signal })
    : carryOut(prepared.run, world, signal);
}

/** What a deploy would do now, prepared as a deploy is. Nothing is written, so it takes no lease. */
export async function planDeploy(
  { target, at }: { readonly target: Target; readonly at: Revision | null },
  world: World,
  signal: AbortSignal,
): Promise<Planned> {
  const trigger = { kind: 'cli' } as const;
  const request = { target, trigger, hint: null, at: new Date(world.nowMs()).toISOString() };
  const options = { purpose: 'read-only', at } as const;
  return planned(await prepare(request, { options, world }, signal), { options, world }, signal);
}
