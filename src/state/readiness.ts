import type { Revision } from '../snapshot/source.ts';
import type { TargetState } from './target-state.ts';

/** The target's `.ready` object: the result of the last check. */
export interface ReadinessRecord {
  readonly revision: Revision;
  /** When the run whose objects were checked began. Distinguishes runs of the same commit. */
  readonly sinceMs: number;
  readonly readiness: 'progressing' | 'ready' | 'not-ready';
  readonly notReady: readonly NotReady[];
  /** The last ready commit before this one, if this one is not ready; null: unknown. */
  readonly lastReady: Revision | null;
  /** RFC 3339. */
  readonly at: string;
}

/** An object that is not ready, and why. */
export interface NotReady {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly reason: string;
}

/** The last commit that became ready; null: unknown. */
export function lastReadyOf(
  record: Pick<ReadinessRecord, 'revision' | 'readiness' | 'lastReady'> | null,
): Revision | null {
  return record?.readiness === 'ready' ? record.revision : (record?.lastReady ?? null);
}

/** A target's readiness; null if it is not checked (`wait: 0s`) or nothing has been applied yet. */
export function readinessOf(
  { waitMs }: { readonly waitMs: number },
  { applied, outcome, progress: { awaited } }: Pick<TargetState, 'applied' | 'outcome' | 'progress'>,
  record: ReadinessRecord | null,
): ReadinessRecord['readiness'] | null {
  if (waitMs === 0 || (applied.source === null && awaited === null)) return null;
  // Only part of it is applied, and nothing checks that part.
  if (outcome.verdict === 'partial') return null;
  // No run has ever written an object that takes time to become ready.
  if (awaited === null) return 'ready';
  const isSameRun = record?.revision === awaited.revision && record.sinceMs === awaited.sinceMs;
  return isSameRun ? record.readiness : 'progressing';
}
