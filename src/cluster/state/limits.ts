import { LAYOUT } from './shard.ts';
import type { Layout } from './shard.ts';

/** What a run gives itself: time and room. Tests make it small, to come to its edges soon. */
export interface RunLimits {
  /** A run asks for this much at a time, and for more when less than half of it is left. */
  readonly leaseMs: number;
  /** No request of a run may outlive its lease, so this has to be less than half of it. */
  readonly requestTimeoutMs: number;
  readonly layout: Layout;
}

export const RUN_LIMITS: RunLimits = { leaseMs: 60_000, requestTimeoutMs: 25_000, layout: LAYOUT };
