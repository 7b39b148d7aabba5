import { heldText } from '../../deploy/report/channels/texts.ts';
import type { TargetCondition, FleetRow, FleetView, ProblemView } from '../../page/model.ts';
import { activeHold } from '../../state/current.ts';
import { decodeHistory } from '../../state/decode-history.ts';
import type { HistoryEntry } from '../../state/history.ts';
import { revisionOf } from '../../state/history.ts';
import type { TargetState } from '../../state/target-state.ts';
import { waitsText } from '../../state/waiting.ts';
import { driftOf, lettersOf, verdictOf } from '../commands/format-status.ts';
import type { Fleet, TargetStatus } from '../lookup/read-fleet.ts';

/** What `headgate status` has read, as the page shows it. */
export function fleetView(
  { rows, refused, leftovers, problems }: Fleet,
  { nowMs, images, promotions }: { readonly nowMs: number; readonly images: number; readonly promotions: number },
): FleetView {
  // The problem of a target is in its row.
  const ofTargets = new Set(rows.map(({ problem }) => problem));
  const removed = leftovers.map(({ name, directory, command }) => ({
    subject: name,
    message: `is left over: directory ${directory} was removed`,
    remedy: `To remove it: ${command}`,
  }));
  return {
    readAt: new Date(nowMs).toISOString(),
    rows: rows.map((row) => fleetRow(row, nowMs)),
    images,
    promotions,
    problems: [
      ...problems.filter((problem) => !ofTargets.has(problem)).map((problem) => problemView(problem)),
      ...refused.flatMap((directory) => directory.problems.map((problem) => problemView(problem))),
      ...removed,
    ],
  };
}

export function problemView({ subject, message, remedy }: ProblemView): ProblemView {
  return { subject, message, remedy };
}

export function fleetRow(status: TargetStatus, nowMs: number): FleetRow {
  const { target, state } = status;
  const source = state?.applied.source ?? null;
  const entry = source === null || state === null ? null : entryOf(state, source.revision);
  const [condition, note] = conditionOf(status, nowMs);
  return {
    name: target.name,
    repository: target.repository.name,
    branch: target.branch,
    path: target.path,
    cluster: target.cluster.name,
    namespace: target.namespace,
    condition,
    note,
    isHeld: state !== null && activeHold(state, nowMs) !== null,
    drifted: driftOf(target, state)?.objects ?? 0,
    revision: source?.revision ?? null,
    subject: entry?.subject ?? null,
    author: entry?.author ?? null,
    deployedAt: state?.applied.deployedAt ?? null,
  };
}

/** Only this entry is decoded: a fleet has thousands. A rollback may have recorded no subject, an earlier entry does. */
function entryOf({ history }: TargetState, revision: string): HistoryEntry | null {
  const entries = decodeHistory(history.filter((text) => revisionOf(text) === revision));
  return entries.find(({ subject }) => subject !== null) ?? entries[0] ?? null;
}

/** The most urgent thing about a target, and one line about it. */
function conditionOf(status: TargetStatus, nowMs: number): readonly [TargetCondition, string] {
  const { target, state, readiness, notReady, problem, letters } = status;
  if (state === null) return ['unreadable', problem?.message ?? ''];
  const verdict = verdictOf(state);
  const { outcome, progress, run, applied } = state;
  if (verdict === 'failed' || verdict === 'refused' || verdict === 'partial') {
    return ['failed', [verdict, ...outcome.errors].join(', ')];
  }
  const dead = lettersOf(state, letters).length;
  if (dead > 0) return ['failed', `${dead} ${dead === 1 ? 'request was' : 'requests were'} given up`];
  if (readiness === 'not-ready') {
    const [first] = notReady;
    return ['not ready', first === undefined ? '' : `${first.kind} ${first.name}: ${first.reason}`];
  }
  const drift = driftOf(target, state);
  if (drift !== null) {
    return ['drifted', `${drift.objects} ${drift.objects === 1 ? 'object differs' : 'objects differ'} from Git`];
  }
  if (verdict === 'retrying') return ['retrying', outcome.retry?.reason ?? ''];
  const hold = activeHold(state, nowMs);
  if (hold !== null) return ['held', heldText(hold)];
  if (progress.waiting !== null) return ['waiting', waitsText(progress.waiting)];
  if (run.lease !== null && nowMs < run.lease.untilMs) return ['progressing', 'a run is under way'];
  if (readiness === 'progressing') return ['progressing', 'its objects are not ready yet'];
  if (target.suspend) return ['suspended', ''];
  return applied.source === null ? ['never deployed', ''] : ['ready', ''];
}
