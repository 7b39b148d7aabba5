import { lookAtPromotion } from '../../promotion/run/look.ts';
import type { LookMemory, PromotionLook } from '../../promotion/run/look.ts';
import type { Promotion } from '../../config/checked/config.ts';
import { promotionPorts } from './open-promotions.ts';
import type { PromotingRuntime } from './open-promotions.ts';

/** What the stages of these promotions have, and what would move next. */
export async function lookAtPromotions(
  promotions: Iterable<Promotion>,
  { runtime, memory }: { readonly runtime: PromotingRuntime; readonly memory: LookMemory },
  signal: AbortSignal,
): Promise<readonly PromotionLook[]> {
  const ports = await promotionPorts(runtime);
  return Promise.all([...promotions].map((each) => lookAtPromotion(each, { ports, memory, signal })));
}
