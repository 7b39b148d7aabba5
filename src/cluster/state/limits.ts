import { LAYOUT } from './shard.ts';
import type { Layout } from './shard.ts';

/** The limits of a run. Tests set small ones to reach them quickly. */
export interface RunLimits {
  /** The duration of a lease, which is renewed when less than half of it is left. */
  readonly leaseMs: number;
  /** Less than half of the lease, so that no request outlives it. */
  readonly requestTimeoutMs: number;
  readonly layout: Layout;
}

export const RUN_LIMITS: RunLimits = { leaseMs: 60_000, requestTimeoutMs: 25_000, layout: LAYOUT };
