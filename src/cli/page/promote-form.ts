import type { PlannedPromotion } from '../../promotion/run/promote-by-hand.ts';
import type { StepGroup } from '../../promotion/run/step-groups.ts';
import { asDeployError, DeployError } from '../../error/deploy-error.ts';
import type { ProblemView, PromoteView } from '../../page/model.ts';
import { problemView } from './fleet-view.ts';
import { promotePlan } from './promotions-view.ts';

/** A step and one of the stages before it, as an address names them. */
export interface PromoteWanted {
  readonly step: StepGroup;
  readonly from: string;
}

/** Null: headgate.yml has no such step. */
export function findPromote(
  steps: readonly StepGroup[],
  { promotion, to, from }: { readonly promotion: string; readonly to: string; readonly from: string | null },
): PromoteWanted | null {
  const step = steps.find((each) => each.promotion.name === promotion && each.step.to.name === to);
  const source = step?.step.from.targets.find(({ name }) => name === (from ?? name));
  return step === undefined || source === undefined ? null : { step, from: source.name };
}

/** What a promotion would write, before it is confirmed. What cannot be promoted is shown as the command shows it. */
export async function preparePromote(
  { step, from }: PromoteWanted,
  problem: ProblemView | null,
  { planPromotion }: { readonly planPromotion: (wanted: PromoteWanted) => Promise<PlannedPromotion> },
): Promise<PromoteView> {
  const view = { promotion: step.promotion.name, from, to: step.step.to.name };
  try {
    const planned = await planPromotion({ step, from });
    return { ...view, plan: promotePlan(planned), problem };
  } catch (thrown) {
    if (!(thrown instanceof DeployError)) throw thrown;
    return { ...view, plan: null, problem: problem ?? problemView(asDeployError(thrown).problem) };
  }
}

export function planChanged(stage: string): ProblemView {
  return {
    subject: `target ${stage}`,
    message: 'the plan has changed since it was shown',
    remedy: 'Read the new plan, and confirm it.',
  };
}
