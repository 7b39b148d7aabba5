import { workQueue } from '../../platforms/aws/sqs/work-queue.ts';
import type { WorkQueue } from '../../platforms/aws/sqs/work-queue.ts';
import type { AppRuntime } from '../app-runtime.ts';
import { promotionWakes } from '../promotions/wake-promotions.ts';
import { workChannels } from '../work/work-channels.ts';
import { WORK_QUEUE } from './function-environment.ts';
import type { FunctionEnvironment } from './function-environment.ts';

/** @throws DeployError `config-invalid` when the stack has no work queue */
export function workQueueOf({ queueAt, nowMs }: Pick<FunctionEnvironment, 'queueAt' | 'nowMs'>): WorkQueue {
  return workQueue(queueAt(WORK_QUEUE), nowMs);
}

/** The runtime of a function whose runs queue work: messages, what is recorded in Git, and looks at promotions. */
export function queuingWork(runtime: AppRuntime, world: FunctionEnvironment): AppRuntime {
  const { config, nowMs } = world;
  const { notices, writes } = workQueueOf(world);
  const { wakePromotions } = promotionWakes(config, writes);
  return { ...runtime, wakePromotions, channels: workChannels({ config, notices, outcomes: writes, nowMs }) };
}
