import { beginningOf } from '../../error/cut-text.ts';
import { withOutcome } from '../../state/history.ts';
import type { HistoryEntry, RecordedVerdict } from '../../state/history.ts';
import type { Approved, StateChange } from '../../state/target-state.ts';
import { countsSoFar } from '../../state/waiting.ts';
import { requesterOf } from '../ports/request.ts';
import type { StartedRun } from '../prepare/started-run.ts';

/** Longer texts would make the state, which every run reads and writes, slower. */
const SUBJECT_LENGTH = 72;
const NAME_LENGTH = 40;

type OutcomeRun = Pick<StartedRun, 'state' | 'revision' | 'commit' | 'request' | 'sinceMs' | 'clock'>;

interface Ended {
  readonly verdict: RecordedVerdict;
  readonly counts?: Pick<HistoryEntry, 'created' | 'updated' | 'pruned'>;
  /** As in `HistoryEntry`. */
  readonly awaited?: HistoryEntry['awaited'];
  readonly approved?: Approved | undefined;
}

const NO_COUNTS = { created: 0, updated: 0, pruned: 0 };

/** The outcome of a run in the history of its target. It is part of a write that is made anyway. */
export function outcomeChange(run: OutcomeRun, { verdict, counts = NO_COUNTS, awaited, approved }: Ended): StateChange {
  const { state, revision, commit, request } = run;
  const { created, updated, pruned, beganMs } = countsSoFar(run);
  const endMs = run.clock();
  const entry: HistoryEntry = {
    revision,
    verdict,
    subject: commit === null ? null : beginningOf(commit.subject, SUBJECT_LENGTH),
    author: commit === null ? null : beginningOf(commit.author, NAME_LENGTH),
    committedMs: commit === null ? null : commit.committedMs,
    created: created + counts.created,
    updated: updated + counts.updated,
    pruned: pruned + counts.pruned,
    durationMs: endMs - beganMs,
    by: beginningOf(requesterOf(request.trigger), NAME_LENGTH),
    ...(approved === undefined ? {} : { approvedBy: beginningOf(approved.by, NAME_LENGTH) }),
    at: new Date(endMs).toISOString(),
    awaited: awaited ?? state.progress.awaited?.revision ?? null,
  };
  return { history: withOutcome(state.history, entry) };
}
