import { createHash } from 'node:crypto';
import type { PlannedPromotion } from '../../promotion/run/promote-by-hand.ts';

/** Equal for plans that would write the same, whatever the tip: a person who confirms on the page confirms this. */
export function digestOf({ revision, change, isHold, held }: PlannedPromotion): string {
  return createHash('sha256')
    .update(JSON.stringify([revision, change.edits, isHold, held]))
    .digest('hex');
}
