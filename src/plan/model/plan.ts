import type { Problem } from '../../error/deploy-error.ts';
import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { Candidate, Elsewhere } from './facts.ts';
import { formatId } from '../../resource/resource.ts';
import type { ResourceId } from '../../resource/resource.ts';
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
  /** The object exists, and something else than Headgate made it. */
  readonly adopts?: true;
}

export interface Keep {
  readonly op: 'keep';
  readonly entry: Entry;
  readonly reason: 'unchanged' | 'create-only' | 'ignored' | 'finished' | 'retained';
}

/** An object of this plan that another target owns and does not keep: which of both runs first is chance. */
export interface AwaitedRelease {
  readonly target: string;
  readonly object: ResourceId;
}

export interface Prune {
  readonly op: 'prune';
  readonly entry: Entry;
}

/** Another target defines the object: it stays, without Headgate's label and annotation, until that target takes it over. */
export interface Release {
  readonly op: 'release';
  readonly entry: Entry;
  /** The name of that target. */
  readonly to: string;
}

/** An object that left Git for this target and that another target may define: it stays in the inventory until that is known. */
export interface Undecided {
  readonly entry: Entry;
  readonly by: Elsewhere;
}

/** Everything a deploy will do, decided before it starts. Plain data: it can be printed, compared and replayed. */
export interface Plan {
  /** Steps in order; the writes of one step run together. */
  readonly steps: readonly (readonly Write[])[];
  readonly keeps: readonly Keep[];
  /** Steps in order, run after every write succeeded. */
  readonly prunes: readonly (readonly Prune[])[];
  readonly releases: readonly Release[];
  readonly undecided: readonly Undecided[];
  /** Objects that other targets have to release before anything is written. */
  readonly awaitedReleases: readonly AwaitedRelease[];
  /** Objects that Git now defines under another group, or that another target took over. Only their entries are deleted. */
  readonly forgotten: readonly Entry[];
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
export function changesNothing({ steps, prunes, releases, forgotten, keeps, before, isRebuilt }: Plan): boolean {
  if (isRebuilt || forgotten.length > 0) return false;
  const known = entriesByObject(before);
  const isKnown = (entry: Entry) => known.get(formatId(entry.id))?.some((each) => isSameEntry(each, entry)) === true;
  return steps.length === 0 && prunes.length + releases.length === 0 && keeps.every(({ entry }) => isKnown(entry));
}

/** What a run waits for, for people. Another target recognizes its own objects by it, so both use this one text. */
export function describeRelease({ target, object }: AwaitedRelease): string {
  return `target ${target} to release ${formatId(object)}`;
}

/** Is an object of this target among what another one waits for? */
export function awaitsReleaseBy(target: string, on: readonly string[]): boolean {
  return on.some((text) => text.startsWith(`target ${target} to release `));
}

/** Does a run that waits for this wait for the approval of its plan? */
export function awaitsApproval(on: readonly string[]): boolean {
  return on.some((text) => /; approve [0-9a-f]{7}$/.test(text));
}

/** The files of these objects: they stay dirty, so that the next run decides again. */
export function filesOf(of: readonly Pick<Undecided, 'entry'>[]): readonly string[] {
  return [...new Set(of.map(({ entry }) => entry.file))].toSorted();
}

/** Why an object that left Git is not pruned. */
export function describeUndecided({ target, kind }: Elsewhere): string {
  switch (kind) {
    case 'awaited':
      return `target ${target} defines it, and has not taken it over yet`;
    case 'inhabited':
      return `target ${target} may have objects in it, and has not applied this commit`;
    default:
      return `target ${target} may define it, and has not applied this commit`;
  }
}

/**
 * Recorded before anything is released: if the other target never takes the object over, this one still knows that it
 * has to prune it.
 */
export function withReleases(entries: readonly Entry[], releases: readonly Release[]): readonly Entry[] {
  const receivers = new Map(releases.map(({ entry, to }) => [formatId(entry.id), to]));
  return entries.map((entry) => {
    const releasedTo = receivers.get(formatId(entry.id));
    return releasedTo === undefined ? entry : { ...entry, hash: null, version: null, releasedTo };
  });
}

/** The steps of prunes that this run reaches. */
export function prunesNow({
  steps,
  prunes,
  pauseAfter,
}: Pick<Plan, 'steps' | 'prunes' | 'pauseAfter'>): Plan['prunes'] {
  return pauseAfter === null ? prunes : prunes.slice(0, Math.max(0, pauseAfter - steps.length));
}

/** Does this run write everything? */
export function isThrough({ steps, pauseAfter }: Pick<Plan, 'steps' | 'pauseAfter'>): boolean {
  return pauseAfter === null || pauseAfter >= steps.length;
}

/** Does this run write everything, and leave only prunes to a later one? */
export function isBeforePrunes(plan: Pick<Plan, 'steps' | 'pauseAfter'>): boolean {
  return plan.pauseAfter !== null && isThrough(plan);
}
