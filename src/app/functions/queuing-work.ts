import type { PreviewContext } from '../../pulls/previews/context.ts';
import type { AppRuntime } from '../app-runtime.ts';
import type { AfterDeploy } from '../deploy-work.ts';
import { planContext } from '../plan-context.ts';
import { previewContext } from '../preview-context.ts';
import { promotionWakes } from '../promotions/wake-promotions.ts';
import { requestRefresh } from '../work/request-refresh.ts';
import { workChannels } from '../work/work-channels.ts';
import type { FunctionEnvironment } from './function-environment.ts';
import { workQueueOf } from './work-hints.ts';

/** The runtime of a function whose runs queue work: messages, what is recorded in Git, looks at promotions, and new plans. */
export function queuingWork(runtime: AppRuntime, world: FunctionEnvironment): AppRuntime & AfterDeploy {
  const { config, log, nowMs } = world;
  const { notices, plans, writes } = workQueueOf(world);
  const { wakePromotions } = promotionWakes(config, writes);
  return {
    ...runtime,
    wakePromotions,
    channels: workChannels({ config, notices, outcomes: writes, nowMs }),
    afterDeploy: (requests, signal) => requestRefresh(requests, { config, plans, log }, signal),
  };
}

/** What plans and previews of pull requests need besides a runtime. */
export function pullContext(runtime: AppRuntime, world: FunctionEnvironment): PreviewContext {
  return previewContext(planContext({ runtime, queue: workQueueOf(world).plans }), runtime);
}
