import type { Config } from '../../config/checked/config.ts';
import type { Reception } from '../../deploy/webhook/reception.ts';
import { stepGroups, stepGroupsFrom } from '../../promotion/run/step-groups.ts';
import type { StepGroup } from '../../promotion/run/step-groups.ts';
import type { WriteQueue } from '../../queue/messages/write-request.ts';

/** Queues looks at the steps of promotions. */
export interface PromotionWakes {
  /** A target became ready. */
  readonly wakePromotions: (target: string, signal: AbortSignal) => Promise<void>;
  /** A commit status of the repository is a success. Resolves to what was queued. */
  readonly wakeByStatus: NonNullable<Reception['wakeByStatus']>;
  /**
   * Queues every step: for commit statuses that no event announced, for what becomes due before the next sweep, and for what
   * was lost.
   */
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
    async wakeByStatus({ repository, context }, signal) {
      const groups = stepGroups(config).filter(
        ({ promotion, step }) =>
          promotion.after.statuses.some((required) => required.context === context) &&
          step.from.targets.some((target) => target.repository.name === repository),
      );
      await send(groups, signal);
      return groups.map(({ name }) => name);
    },
    wakeAll: (signal) => send(stepGroups(config), signal),
  };
}
