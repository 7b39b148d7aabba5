import type { Target } from '../../config/checked/config.ts';
import type { Entry } from '../../state/inventory.ts';
import { judgePrune } from './prune-rule.ts';
import type { LiveMetadata } from '../model/facts.ts';

/** What becomes of one object of the inventory when its target is uninstalled. */
export interface UninstallAction {
  readonly entry: Entry;
  /** `release`: it stays and loses our marks. `leave`: it is not ours any more, and is not touched. */
  readonly op: 'delete' | 'release' | 'leave' | 'gone';
  readonly reason: string | null;
}

/** Every file of the target is given up, so none can still define an object. */
const EVERY_FILE = { has: () => true };

/** The same rule as for pruning; what that keeps stays, and is not ours any more. */
export function uninstallActionFor(
  entry: Entry,
  live: LiveMetadata | null,
  { target, applySetId, isKept }: { target: Target; applySetId: string; isKept: boolean },
): UninstallAction {
  const verdict = judgePrune(entry, live, { target, applySetId, touched: EVERY_FILE });
  if (verdict.kind === 'gone') return { entry, op: 'gone', reason: null };
  if (verdict.kind === 'prune')
    return isKept ? { entry, op: 'release', reason: '--keep' } : { entry, op: 'delete', reason: null };
  return { entry, op: verdict.forget ? 'leave' : 'release', reason: verdict.reason };
}
