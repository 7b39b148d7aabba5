import type { Entry } from '../../state/inventory.ts';
import type { PruneVerdict } from './prune-rule.ts';

/** What an uninstall does with one object of the inventory. */
export interface UninstallAction {
  readonly entry: Entry;
  /** `release`: the object stays without Headgate's label and annotation. `leave`: no longer owned, so not touched. */
  readonly op: 'delete' | 'release' | 'leave' | 'gone';
  readonly reason: string | null;
}

/** An uninstall gives up every file, so none can still define an object. */
export const EVERY_FILE = { has: () => true };

/** Follows the prune rule. What that rule keeps stays in the cluster and is released. */
export function uninstallActionFor(entry: Entry, verdict: PruneVerdict, isKept: boolean): UninstallAction {
  if (verdict.kind === 'gone') return { entry, op: 'gone', reason: null };
  if (verdict.kind === 'prune' && verdict.isReleased === true)
    return { entry, op: 'leave', reason: `target ${entry.releasedTo ?? ''} defines it` };
  if (verdict.kind === 'prune')
    return isKept ? { entry, op: 'release', reason: '--keep' } : { entry, op: 'delete', reason: null };
  return { entry, op: verdict.forget ? 'leave' : 'release', reason: verdict.reason };
}
