import type { Config } from '../../config/checked/config.ts';
import type { Step } from './ports.ts';

/** A step with its message group: `promote/shop/shop-prod`. */
export interface StepGroup extends Step {
  readonly name: string;
}

/** Every step of headgate.yml, in the order in which versions move. */
export function stepGroups({ promotions }: Pick<Config, 'promotions'>): readonly StepGroup[] {
  return [...promotions.values()].flatMap((promotion) =>
    promotion.steps.map((step) => ({ promotion, step, name: `promote/${promotion.name}/${step.to.name}` })),
  );
}

/** The steps that a target is a source of. */
export function stepGroupsFrom(target: string, config: Pick<Config, 'promotions'>): readonly StepGroup[] {
  return stepGroups(config).filter(({ step }) => step.from.targets.some(({ name }) => name === target));
}
