import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { TargetState, Waiting } from '../../state/target-state.ts';
import { hasOpened } from '../../state/waiting.ts';
import type { CheckRequest } from '../ports/check-request.ts';
import type { NotReady } from '../../state/readiness.ts';
import type { SeenHealth } from '../ports/readiness.ts';

/** What the target's state means for a check. */
export type CheckScope =
  /** The commit of this check is the newest. */
  | { readonly kind: 'current' }
  /** The run that queued the check is not closed yet. */
  | { readonly kind: 'open' }
  /** `isAwaited`: no other check covers what this run wrote. */
  | { readonly kind: 'superseded'; readonly by: string | null; readonly isAwaited: boolean };

/** The longest time from the beginning of a run until it has recorded what it awaits. If it died before, its retry does. */
const RECORDED_WITHIN_MS = 10 * 60_000;

export function checkScopeOf(state: TargetState, { revision, sinceMs }: CheckRequest, nowMs: number): CheckScope {
  const { awaited, waiting } = state.progress;
  const { attempted, verdict } = state.outcome;
  const { lease } = state.run;
  const isAwaited = awaited?.revision === revision && awaited.sinceMs === sinceMs;
  // A run records what it awaits with its first write, and what it applied only with its last.
  // One that died before that leaves its lease behind, and its retry queues another check.
  const isRetried = nowMs < sinceMs + RECORDED_WITHIN_MS;
  const isWorking = lease !== null && (lease.untilMs > nowMs || isRetried);
  if (isWorking && attempted === revision) return { kind: 'open' };
  // A run that writes no object takes no lease, and queues its check before it records what it awaits.
  const isNewer = awaited === null || awaited.sinceMs < sinceMs;
  if (isNewer && nowMs < sinceMs + RECORDED_WITHIN_MS) return { kind: 'open' };
  const half = verdict === 'partial' && attempted !== revision ? attempted : null;
  const resumed = waiting !== null && isBegun(waiting, revision) ? waiting.revision : null;
  const by = half ?? resumed ?? state.applied.source?.revision ?? null;
  if (by === revision && isAwaited) return { kind: 'current' };
  // While a run is open, its commit is in what it awaits, and not yet in what is applied.
  const newest = by === revision ? (awaited?.revision ?? null) : by;
  return { kind: 'superseded', by: newest === revision ? null : newest, isAwaited };
}

/** Another commit that only waits has changed nothing yet. */
function isBegun(waiting: Waiting, own: Waiting['revision']): boolean {
  return !waiting.isDeferred && (waiting.revision === own || hasOpened(waiting));
}

export interface ReadinessFindings {
  /** Some objects failed: waiting alone will not make them ready. */
  readonly isStuck: boolean;
  readonly left: readonly AwaitedObject[];
  readonly notReady: readonly NotReady[];
}

export function findingsOf(objects: readonly AwaitedObject[], healths: readonly SeenHealth[]): ReadinessFindings {
  const seen = objects.map((object, index) => ({ object, health: healths[index] ?? UNSEEN }));
  const missing = seen.flatMap(({ object, health }) => (health.kind === 'ready' ? [] : [{ object, health }]));
  // What failed comes first: the rest may only be waiting for it.
  const ordered = missing.toSorted((a, b) => Number(b.health.kind === 'failed') - Number(a.health.kind === 'failed'));
  return {
    isStuck: missing.some(({ health }) => health.kind === 'failed'),
    left: missing.map(({ object }) => object),
    notReady: ordered.map(({ object: { id }, health: { reason } }) => ({
      kind: id.kind,
      namespace: id.namespace,
      name: id.name,
      reason,
    })),
  };
}

const UNSEEN: SeenHealth = { kind: 'unknown', reason: 'its health was not read' };
