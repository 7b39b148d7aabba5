import type { Revision } from '../snapshot/source.ts';
import { backoffWhileWaiting } from './backoff.ts';
import type { StateChange, TargetState, Waiting } from './target-state.ts';

/** The inputs for recording that a run is waiting. */
export interface WaitingRun {
  readonly state: TargetState;
  readonly revision: Revision;
  readonly settings: string;
  readonly sinceMs: number;
  readonly nowMs: number;
}

/** What the earlier runs of this commit did, and when the first of them began. */
export function countsSoFar({ state, revision, sinceMs }: Pick<WaitingRun, 'state' | 'revision' | 'sinceMs'>) {
  const { waiting } = state.progress;
  return waiting?.revision === revision
    ? { ...countsIn(waiting), beganMs: waiting.sinceMs }
    : { created: 0, updated: 0, pruned: 0, adopted: 0, beganMs: sinceMs };
}

function countsIn({ created, updated, pruned, adopted = 0 }: Waiting) {
  return { created, updated, pruned, adopted };
}

/** A longer list would not be useful in a message. But what a target waits for another one to release, that one reads. */
const NAMED = 10;
const NAMED_RELEASES = 200;

function recordedNames(on: readonly string[]): readonly string[] {
  return on.slice(0, on.some((name) => name.includes(' to release ')) ? NAMED_RELEASES : NAMED);
}

/** What people read of a commit that waits: `waits for Deployment shop/db`, `waits for approval: 1 update: …`. */
export function waitsText({ on, isDeferred }: Pick<Waiting, 'on' | 'isDeferred'>): string {
  return isDeferred ? on.join(', ') : `waits for ${on.join(', ')}`;
}

/** Has a run of the commit that waits opened? Otherwise nothing of it is written. */
export function hasOpened({ isExact, isOpened }: Pick<Waiting, 'isExact' | 'isOpened'>): boolean {
  return isExact || isOpened === true;
}

/** Does the state record that this commit waits for exactly these? */
export function isWaitingFor({ state, revision }: Pick<WaitingRun, 'state' | 'revision'>, on: readonly string[]) {
  const { waiting } = state.progress;
  // A failure that was reported meanwhile is what people see now.
  if (waiting?.revision !== revision || state.outcome.retry !== null) return false;
  const named = recordedNames(on);
  return waiting.on.length === named.length && waiting.on.every((name, index) => name === named[index]);
}

/** The state of a run that resumes later. */
export function waitingChange(
  run: WaitingRun,
  {
    on,
    counts,
    errors = [],
    ...flags
  }: Pick<Waiting, 'on' | 'isExact' | 'isApplied'> & {
    readonly isDeferred?: boolean;
    readonly isOpened?: boolean;
    readonly counts: Pick<Waiting, 'created' | 'updated' | 'pruned' | 'adopted'>;
    /** As in `LastOutcome`. */
    readonly errors?: readonly string[];
  },
): StateChange {
  const { state, revision, settings, nowMs } = run;
  const { created, updated, pruned, adopted, beganMs } = countsSoFar(run);
  const adoptedSoFar = adopted + (counts.adopted ?? 0);
  return {
    outcome: {
      attempted: revision,
      verdict: 'waiting',
      errors,
      pendingOn: revision,
      retry: null,
      backoff: backoffWhileWaiting(state.outcome, { revision, settings, nowMs }),
    },
    progress: {
      waiting: {
        revision,
        sinceMs: beganMs,
        created: created + counts.created,
        updated: updated + counts.updated,
        pruned: pruned + counts.pruned,
        ...(adoptedSoFar === 0 ? {} : { adopted: adoptedSoFar }),
        on: recordedNames(on),
        isDeferred: false,
        ...flags,
      },
    },
  };
}
