import type { ObjectId, Source, Revision } from '../snapshot/source.ts';
import { isSameRenderer, rendersWhole } from './renderer.ts';
import type { Renderer } from './renderer.ts';
import type { TargetState } from './target-state.ts';
import type { Hold } from './hold.ts';
import { hasRunOut } from './hold.ts';
import { hasOpened } from './waiting.ts';

/**
 * Is the target up to date, whatever commit the state names? Only the paths, the settings and the renderer count; for a
 * rendered target, exactly the files that the last render read.
 */
export function isCurrent(
  state: Pick<TargetState, 'applied' | 'run'>,
  at: Pick<Source, 'tree' | 'inputs'>,
  by: { readonly settings: string; readonly renderer: Renderer },
): boolean {
  const { source, renderer, inputs } = state.applied;
  if (!isFullyApplied(state, by.settings) || !isSameRenderer(renderer, by.renderer)) return false;
  if (rendersWhole(renderer)) return Object.entries(inputs).every(([path, id]) => id === (at.inputs[path] ?? null));
  return source?.tree === at.tree && hasSameInputs(inputs, at.inputs);
}

/** Was the commit that the state names applied completely, and with these settings? */
export function isFullyApplied(
  { applied, run: { dirty } }: Pick<TargetState, 'applied' | 'run'>,
  settings: string,
): boolean {
  return applied.source !== null && dirty !== 'all' && dirty.length === 0 && applied.settings === settings;
}

function hasSameInputs(
  a: Readonly<Record<string, ObjectId | null>>,
  b: Readonly<Record<string, ObjectId | null>>,
): boolean {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((path) => (a[path] ?? null) === (b[path] ?? null));
}

/** The hold that is in force; one that has run out is not. */
export function activeHold({ hold }: Pick<TargetState, 'hold'>, nowMs: number): Hold | null {
  return hold === null || hasRunOut(hold, nowMs) ? null : hold;
}

/** The commit whose run has opened and has not ended: it waits for its next step, works, or was killed. Null: none. */
export function openedCommit({
  run,
  outcome,
  progress,
}: Pick<TargetState, 'run' | 'outcome' | 'progress'>): Revision | null {
  const { waiting } = progress;
  if (waiting !== null && hasOpened(waiting)) return waiting.revision;
  // It has marked its files dirty, and only its close clears them. One that waits has not opened: the lease is of a run that
  // was correcting drift meanwhile.
  const isOpen = run.lease !== null && waiting === null && outcome.attempted === outcome.pendingOn;
  return isOpen ? outcome.attempted : null;
}

/**
 * The commit that a hold without a chosen one keeps: the one whose run has opened, which is finished, or the applied one.
 * Null for a target that was never deployed, or only in part.
 */
export function commitToKeep(state: TargetState): Revision | null {
  const { applied, run } = state;
  const opened = openedCommit(state);
  if (opened !== null) return opened;
  return run.dirty === 'all' || run.dirty.length > 0 ? null : (applied.source?.revision ?? null);
}

/** The tip is recorded as pending while a hold keeps another commit. Where the tip changes nothing, a run has to end that. */
export function isLeftByHold({ hold, outcome }: Pick<TargetState, 'hold' | 'outcome'>, tip: Revision): boolean {
  return hold !== null && hold.at !== tip && outcome.pendingOn === tip;
}

/** A commit that is neither the tip nor the applied one was left pending: a run of the tip reports it as superseded. */
export function isLeftPending({ outcome: { pendingOn }, applied }: TargetState, tip: Revision): boolean {
  return pendingOn !== null && pendingOn !== tip && pendingOn !== applied.source?.revision;
}
