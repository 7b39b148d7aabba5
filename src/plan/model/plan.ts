import type { Problem } from '../../error/deploy-error.ts';
import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { Candidate } from './facts.ts';
import { formatId } from '../../resource/resource.ts';
import { entriesByObject, isSameEntry } from '../../state/inventory.ts';
import type { Entry } from '../../state/inventory.ts';

export interface Write {
  /** `replace`: deleted and created again, because a field differs that cannot change. */
  readonly op: 'create' | 'update' | 'replace';
  readonly candidate: Candidate;
  /** No dry run has passed: one is made right before its step, when an earlier step has changed what refused it. */
  readonly unverified: boolean;
  /** The file that it leaves, when it moved. */
  readonly from: string | null;
}

export interface Keep {
  readonly op: 'keep';
  readonly entry: Entry;
  readonly reason: 'unchanged' | 'create-only' | 'ignored' | 'finished' | 'left';
}

export interface Prune {
  readonly op: 'prune';
  readonly entry: Entry;
}

/** Everything a deploy will do, decided before any of it is done. Plain data: it can be printed, compared, replayed. */
export interface Plan {
  /** What is written together, in order. */
  readonly steps: readonly (readonly Write[])[];
  readonly keeps: readonly Keep[];
  /** Deleted together, in order, after every step succeeded. */
  readonly prunes: readonly (readonly Prune[])[];
  /** Entries of objects that Git now has under another group: they are forgotten, and nothing is deleted. */
  readonly renamed: readonly Entry[];
  /** Any of them stops the run before its first write. */
  readonly refusals: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** The entries of the touched shards before the run, and while it works. */
  readonly before: readonly Entry[];
  readonly during: readonly Entry[];
  readonly isRebuilt: boolean;
  /** So many steps are done now: the next one waits until `awaits` is ready. Null: all, and then the prunes. */
  readonly pauseAfter: number | null;
  /** What has to become ready after this run; empty when the target does not wait. */
  readonly awaits: readonly AwaitedObject[];
  /** The target's namespace is made before its state. `manifest`: by applying the one in Git. */
  readonly namespace: 'present' | 'create' | 'manifest';
}

/** It stays in the cluster and in the inventory. Git says nothing of it any more, so nothing can drift from it. */
export function leave(entry: Entry): Keep {
  return { op: 'keep', entry: { ...entry, version: null }, reason: 'left' };
}

/** Neither the cluster nor the inventory differs after this plan. */
export function changesNothing({ steps, prunes, renamed, keeps, before, isRebuilt }: Plan): boolean {
  if (isRebuilt || renamed.length > 0) return false;
  const known = entriesByObject(before);
  const isKnown = (entry: Entry) => known.get(formatId(entry.id))?.some((each) => isSameEntry(each, entry)) === true;
  return steps.length === 0 && prunes.length === 0 && keeps.every(({ entry }) => isKnown(entry));
}
