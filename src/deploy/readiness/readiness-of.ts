import type { Target } from '../../config/checked/config.ts';
import type { Applied } from '../../state/target-state.ts';
import type { ReadinessRecord } from '../ports/world.ts';

/** What is known of a target's readiness; null when nobody looks (`wait: 0s`) or nothing was applied yet. */
export function readinessOf(
  { waitMs }: Pick<Target, 'waitMs'>,
  { source, awaited, verdict }: Pick<Applied, 'source' | 'awaited' | 'verdict'>,
  record: ReadinessRecord | null,
): ReadinessRecord['readiness'] | null {
  if (waitMs === 0 || (source === null && awaited === null)) return null;
  // Applied by half, and nobody waits for the other half.
  if (verdict === 'partial') return null;
  // Nothing that takes time to become ready was ever written.
  if (awaited === null) return 'ready';
  const isOfIt = record?.revision === awaited.revision && record.sinceMs === awaited.sinceMs;
  return isOfIt ? record.readiness : 'progressing';
}
