import type { Problem } from '../../error/deploy-error.ts';
import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { Candidate } from './facts.ts';
import { formatId } from '../../resource/resource.ts';
import { entriesByObject, isSameEntry } from '../../state/inventory.ts';
import type { Entry } from '../../state/inventory.ts';

export interface Write {
  /** `replace`: deleted and created again because an immutable field differs. */
  readonly op: 'create' | 'update' | 'replace';
  readonly candidate: Candidate;
  /** No dry run has passed yet. It runs right before this step, after earlier steps have removed the obstacle. */
  readonly unverified: boolean;
  /** The former file of an object that moved. */
  readonly from: string | null;
}

export interface Keep {
  readonly op: 'keep';
  readonly entry: Entry;
  readonly reason: 'unchanged' | 'create-only' | 'ignored' | 'finished' | 'retained';
}

export interface Prune {
  readonly op: 'prune';
  readonly entry: Entry;
}

/** Everything a deploy will do, decided before it starts. Plain data: it can be printed, compared and replayed. */
export interface Plan {
  /** Steps in order; the writes of one step run together. */
  readonly steps: readonly (readonly Write[])[];
  readonly keeps: readonly Keep[];
  /** Steps in order, run after every write succeeded. */
  readonly prunes: readonly (readonly Prune[])[];
  /** Entries of objects that Git now defines under another group. They leave the inventory; nothing is deleted. */
  readonly renamed: readonly Entry[];
  /** Any refusal stops the run before its first write. */
  readonly refusals: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** The entries of the touched shards before and during the run. */
  readonly before: readonly Entry[];
  readonly during: readonly Entry[];
  readonly isRebuilt: boolean;
  /** The number of steps to run now, `steps` and then `prunes`; the next one waits until `awaits` is ready. Null: all. */
  readonly pauseAfter: number | null;
  /** What must become ready after this run; empty if the target does not wait. */
  readonly awaits: readonly AwaitedObject[];
  /** A missing namespace is created before the state. `manifest`: by applying the one in Git. */
  readonly namespace: 'present' | 'create' | 'manifest';
}

/** Keeps the object in the cluster and in the inventory. Git no longer defines it, so its version is not compared. */
export function retain(entry: Entry): Keep {
  return { op: 'keep', entry: { ...entry, version: null }, reason: 'retained' };
}

/** True if the plan changes neither the cluster nor the inventory. */
export function changesNothing({ steps, prunes, renamed, keeps, before, isRebuilt }: Plan): boolean {
  if (isRebuilt || renamed.length > 0) return false;
  const known = entriesByObject(before);
  const isKnown = (entry: Entry) => known.get(formatId(entry.id))?.some((each) => isSameEntry(each, entry)) === true;
  return steps.length === 0 && prunes.length === 0 && keeps.every(({ entry }) => isKnown(entry));
}

/** The steps of prunes that this run reaches. */
export function prunesNow({
  steps,
  prunes,
  pauseAfter,
}: Pick<Plan, 'steps' | 'prunes' | 'pauseAfter'>): Plan['prunes'] {
  return pauseAfter === null ? prunes : prunes.slice(0, Math.max(0, pauseAfter - steps.length));
}

/** Does this run write everything, and leave only prunes to a later one? */
export function isBeforePrunes({ steps, pauseAfter }: Pick<Plan, 'steps' | 'pauseAfter'>): boolean {
  return pauseAfter !== null && pauseAfter >= steps.length;
}
