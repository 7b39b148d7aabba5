import type { PlanQueue } from '../../deploy/ports/githost/plan-request.ts';
import { workQueue } from '../../platforms/aws/sqs/work-queue.ts';
import type { WorkQueue } from '../../platforms/aws/sqs/work-queue.ts';
import type { Reception } from '../../deploy/webhook/reception.ts';
import { promotionWakes } from '../promotions/wake-promotions.ts';
import { announcedPolls } from '../work/announced-polls.ts';
import { WORK_QUEUE } from './function-environment.ts';
import type { FunctionEnvironment } from './function-environment.ts';

export interface WorkHints {
  readonly plans: PlanQueue;
  readonly pollImages: NonNullable<Reception['pollImages']>;
  readonly wakeByStatus: NonNullable<Reception['wakeByStatus']>;
}

/** @throws DeployError `config-invalid` when the stack has no work queue */
export function workQueueOf({ queueAt, nowMs }: Pick<FunctionEnvironment, 'queueAt' | 'nowMs'>): WorkQueue {
  return workQueue(queueAt(WORK_QUEUE), nowMs);
}

/** Queues what deliveries about pull requests, images and commit statuses hint at. It remembers which polls wait. */
export function workHints(world: FunctionEnvironment): WorkHints {
  const { plans, writes } = workQueueOf(world);
  const { config, nowMs } = world;
  const { wakeByStatus } = promotionWakes(config, writes);
  return { plans, pollImages: announcedPolls(config, writes, nowMs), wakeByStatus };
}
