import type { Target } from '../../config/checked/config.ts';
import type { Entry } from '../../state/inventory.ts';
import { judgePrune } from './prune-rule.ts';
import type { LiveMetadata } from '../model/facts.ts';

/** What an uninstall does with one object of the inventory. */
export interface UninstallAction {
  readonly entry: Entry;
  /** `release`: the object stays without Headgate's label and annotation. `leave`: no longer owned, so not touched. */
  readonly op: 'delete' | 'release' | 'leave' | 'gone';
  readonly reason: string | null;
}

/** An uninstall gives up every file, so none can still define an object. */
const EVERY_FILE = { has: () => true };

/** Follows the prune rule. What that rule keeps stays in the cluster and is released. */
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
