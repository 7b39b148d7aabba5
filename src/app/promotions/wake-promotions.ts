import type { Config } from '../../config/checked/config.ts';
import { stepGroups, stepGroupsFrom } from '../../promotion/run/step-groups.ts';
import type { StepGroup } from '../../promotion/run/step-groups.ts';
import type { WriteQueue } from '../../queue/write-message.ts';

/** Queues looks at the steps of promotions. */
export interface PromotionWakes {
  /** A target became ready. */
  readonly wakePromotions: (target: string, signal: AbortSignal) => Promise<void>;
  /** What a soak, a window or a commit status let pass, and what was lost. */
  readonly wakeAll: (signal: AbortSignal) => Promise<void>;
}

export function promotionWakes(config: Config, queue: WriteQueue): PromotionWakes {
  const send = async (groups: readonly StepGroup[], signal: AbortSignal) => {
    if (groups.length === 0) return;
    const polls = groups.map(({ name }) => ({ group: name, afterMs: 0 }));
    await queue.send(polls, signal);
  };
  return {
    wakePromotions: (target, signal) => send(stepGroupsFrom(target, config), signal),
    wakeAll: (signal) => send(stepGroups(config), signal),
  };
}
