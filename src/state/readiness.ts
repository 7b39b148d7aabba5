import type { Revision } from '../snapshot/source.ts';
import type { TargetState } from './target-state.ts';

/** What the target's `.ready` object says: what checks found last. */
export interface ReadinessRecord {
  readonly revision: Revision;
  /** When the run began whose objects were looked at: this tells one run of a commit from the next. */
  readonly sinceMs: number;
  readonly readiness: 'progressing' | 'ready' | 'not-ready';
  readonly notReady: readonly NotReady[];
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

/** What is known of a target's readiness; null when nothing checks it (`wait: 0s`) or nothing was applied yet. */
export function readinessOf(
  { waitMs }: { readonly waitMs: number },
  { applied, outcome, progress: { awaited } }: Pick<TargetState, 'applied' | 'outcome' | 'progress'>,
  record: ReadinessRecord | null,
): ReadinessRecord['readiness'] | null {
  if (waitMs === 0 || (applied.source === null && awaited === null)) return null;
  // Half of it is applied, and nothing waits for the other half.
  if (outcome.verdict === 'partial') return null;
  // Nothing that takes time to become ready was ever written.
  if (awaited === null) return 'ready';
  const isOfIt = record?.revision === awaited.revision && record.sinceMs === awaited.sinceMs;
  return isOfIt ? record.readiness : 'progressing';
}
