import { createHash } from 'node:crypto';
import type { PlannedPromotion } from '../../promotion/run/promote-by-hand.ts';

/** The same for plans that write the same, on whatever tip: what a person confirms on the page. */
export function digestOf({ revision, change, isHold, held }: PlannedPromotion): string {
  return createHash('sha256')
    .update(JSON.stringify([revision, change.edits, isHold, held]))
    .digest('hex');
}
