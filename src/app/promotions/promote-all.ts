import { asDeployError } from '../../error/deploy-error.ts';
import { stepGroups } from '../../promotion/run/step-groups.ts';
import type { PromotingRuntime } from './open-promotions.ts';

/** Looks at every step of every promotion once. Each failure is logged; false: there was one. */
export async function promoteAll(runtime: PromotingRuntime, signal: AbortSignal): Promise<boolean> {
  const groups = stepGroups(runtime.config);
  if (groups.length === 0) return true;
  const { openPromotions } = await import('./open-promotions.ts');
  const promotions = openPromotions(runtime);
  let hasSucceeded = true;
  for (const group of groups) {
    try {
      const { kind } = await promotions.promote(group, signal);
      hasSucceeded &&= kind !== 'overtaken';
    } catch (thrown) {
      hasSucceeded = false;
      const at = { promotion: group.promotion.name, stage: group.step.to.name };
      runtime.log({ level: 'error', message: 'promotion-failed', ...at, errors: [asDeployError(thrown).problem] });
    }
  }
  return hasSucceeded;
}
