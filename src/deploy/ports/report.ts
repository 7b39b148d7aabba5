import type { Problem } from '../../error/deploy-error.ts';
import type { Lifted } from '../../plan/planner/lifted.ts';
import type { Revision } from '../../snapshot/source.ts';

/** What a commit did, as its status says it. */
export interface Counts {
  readonly created: number;
  readonly updated: number;
  readonly pruned: number;
  /** Of the updated ones, those that something else than Headgate made; absent: none. */
  readonly adopted?: number | undefined;
  /** Objects left to other targets, which define them now; absent: none. */
  readonly released?: number | undefined;
  /** Namespaces and definitions that left Git and stay for what they contain. */
  readonly kept?: readonly string[] | undefined;
}

/** The outcome of one run of one target. */
export interface Report extends Counts {
  readonly verdict: Verdict;
  readonly revision: Revision | null;
  readonly previous: Revision | null;
  readonly unchanged: number;
  readonly failed: number;
  readonly warnings: readonly Problem[];
  readonly errors: readonly Problem[];
  /** `awaited`: a check will report whether it became ready. Null: the target does not wait. */
  readonly readiness: 'awaited' | 'ready' | 'not-ready' | null;
  /** The outcome is in the state object, so an Event can be about it. */
  readonly isRecorded: boolean;
  /** We left the commit pending, so it must get a final status whatever triggered this run. */
  readonly isOwed?: boolean;
  /** The commit had its final status before the request arrived, as for a redelivery: it says more than "no changes". */
  readonly isAnswered?: boolean;
  /** Refusals of other targets that this run may have lifted; absent or null: none. */
  readonly lifted?: Lifted | null;
  /** What has to be ready before the run resumes. */
  readonly waitingFor?: readonly string[];
  /** A hold, a window or a missing approval keeps the commit from being deployed. */
  readonly isDeferred?: boolean;
  /** For the last of several runs of one commit: the sum of all, and the time since the first one began. */
  readonly overall?: Counts & { readonly durationMs: number };
}

export type Verdict = 'unchanged' | 'deployed' | 'waiting' | 'partial' | 'refused' | 'failed';
