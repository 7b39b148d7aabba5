import type { Problem } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';

/** What one run of one target came to. */
export interface Report {
  readonly verdict: Verdict;
  readonly revision: Revision | null;
  readonly previous: Revision | null;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly pruned: number;
  readonly failed: number;
  readonly warnings: readonly Problem[];
  readonly errors: readonly Problem[];
  /** `awaited`: a check has the last word on the commit. Null: nobody asks. */
  readonly readiness: 'awaited' | 'ready' | 'not-ready' | null;
  /** The commit carries our pending since it had to wait, so it is told how that ended whoever asked. */
  readonly isOwed?: boolean;
  /** Of a run that goes on later: what has to be ready first. */
  readonly waitingFor?: readonly string[];
  /** Of the last of several runs of one commit: what all of them did, and how long ago the first one began. */
  readonly overall?: {
    readonly created: number;
    readonly updated: number;
    readonly pruned: number;
    readonly durationMs: number;
  };
}

export type Verdict = 'unchanged' | 'deployed' | 'waiting' | 'partial' | 'refused' | 'failed' | 'superseded';
