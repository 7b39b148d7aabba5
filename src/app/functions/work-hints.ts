import type { PlanQueue } from '../../deploy/ports/githost/plan-request.ts';
import type { Reception } from '../../deploy/webhook/reception.ts';
import { announcedPolls } from '../work/announced-polls.ts';
import type { FunctionEnvironment } from './function-environment.ts';
import { workQueueOf } from './queuing-work.ts';

export interface WorkHints {
  readonly plans: PlanQueue;
  readonly pollImages: NonNullable<Reception['pollImages']>;
}

/** Queues what deliveries about pull requests and images hint at. It remembers which polls wait. */
export function workHints(world: FunctionEnvironment): WorkHints {
  const { plans, writes } = workQueueOf(world);
  return { plans, pollImages: announcedPolls(world.config, writes, world.nowMs) };
}
