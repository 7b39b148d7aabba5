import type { Target } from '../../config/checked/config.ts';
import type { AppliedSource, Revision } from '../../snapshot/source.ts';
import { activeHold } from '../../state/current.ts';
import { hasFailed } from '../../state/history.ts';
import { describeHold } from '../../state/hold.ts';
import { readinessOf } from '../../state/readiness.ts';
import type { ReadinessRecord } from '../../state/readiness.ts';
import type { TargetState } from '../../state/target-state.ts';
import { waitsText } from '../../state/waiting.ts';

/** What a stage has that may be promoted. */
export interface StageFacts {
  readonly stage: string;
  /** What is deployed and ready. `why`: the stage has nothing that is. */
  readonly deployed: Deployed | { readonly why: string };
  /** By a person, or by a rollback: it is where it is on purpose. Null: it is not held. */
  readonly held: string | null;
  /** When the hold ends by itself; null: it does not, or there is none. */
  readonly heldUntilMs: number | null;
  /** A commit that is not deployed yet although nothing of it failed, and why. */
  readonly waiting: WaitingCommit | null;
}

export interface WaitingCommit {
  readonly revision: Revision;
  /** `waits for approval: 1 update: Deployment web; approve 3f9c2a1` */
  readonly reason: string;
}

export interface Deployed {
  readonly source: AppliedSource;
  /** When it became ready, or was changed since then. */
  readonly sinceMs: number;
}

/** Reads the state of a target and its `.ready` object. */
export function stageFacts(
  target: Pick<Target, 'name' | 'waitMs'>,
  { state, record }: { readonly state: TargetState; readonly record: ReadinessRecord | null },
  nowMs: number,
): StageFacts {
  const hold = activeHold(state, nowMs);
  return {
    stage: target.name,
    deployed: deployedIn(target, state, record),
    held: hold === null ? null : describeHold(hold),
    heldUntilMs: hold === null || hold.until === null ? null : Date.parse(hold.until),
    waiting: waitingIn(state),
  };
}

function deployedIn(
  target: Pick<Target, 'waitMs'>,
  state: TargetState,
  record: ReadinessRecord | null,
): StageFacts['deployed'] {
  const { applied, run, outcome, progress } = state;
  if (applied.source === null) return { why: 'nothing was deployed yet' };
  if (hasFailed(outcome)) return { why: `the verdict of the last deploy is ${outcome.verdict ?? 'missing'}` };
  if (outcome.retry !== null) return { why: `the deploy is being retried: ${outcome.retry.reason}` };
  if (run.dirty === 'all' || run.dirty.length > 0) return { why: 'a deploy is not finished' };
  if (progress.waiting?.isDeferred === false) return { why: `it waits for ${progress.waiting.on.join(', ')}` };
  const readiness = readinessOf(target, state, record);
  if (readiness === 'not-ready') return { why: `it is not ready: ${reasonIn(record)}` };
  if (readiness === 'progressing') return { why: 'it is not ready yet' };
  const deployedMs = Date.parse(applied.deployedAt ?? '');
  const isChecked = readiness === 'ready' && progress.awaited !== null;
  // The last check may be of an earlier run: one that changes a ConfigMap alone has nothing that takes time to become ready.
  const sinceMs = isChecked ? Math.max(deployedMs, Date.parse(record?.at ?? '')) : deployedMs;
  if (!Number.isFinite(sinceMs)) return { why: 'its state does not record when it became ready' };
  return { source: applied.source, sinceMs };
}

function waitingIn({ progress: { waiting } }: TargetState): WaitingCommit | null {
  return waiting === null ? null : { revision: waiting.revision, reason: waitsText(waiting) };
}

function reasonIn(record: ReadinessRecord | null): string {
  const [first] = record?.notReady ?? [];
  return first === undefined ? 'unknown' : `${first.kind} ${first.namespace}/${first.name}: ${first.reason}`;
}
