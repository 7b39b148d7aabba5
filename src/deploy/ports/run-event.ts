import type { Problem } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Report } from './report.ts';
import type { NotReady } from '../../state/readiness.ts';

/** Something about one target that is worth reporting. Plain data: a channel decides whether to report it, and in which words. */
export type RunEvent =
  /** The first write is about to come. */
  | { readonly kind: 'started'; readonly revision: Revision }
  /** Nothing is written until these are ready; then the run resumes. */
  | { readonly kind: 'waiting'; readonly revision: Revision; readonly waitingFor: readonly string[] }
  /** A newer commit replaced this one: `isApplied` before it was ready, or else before it was applied. */
  | { readonly kind: 'superseded'; readonly revision: Revision; readonly by: string; readonly isApplied: boolean }
  | Finished
  /** The run failed in a way that another try may heal; the queue hands the request out again. */
  | { readonly kind: 'retrying'; readonly report: Report; readonly timing: Timing }
  /** One look at what a run applied, while it is not ready. */
  | {
      readonly kind: 'progressing';
      readonly ready: number;
      readonly total: number;
      readonly notReady: readonly NotReady[];
    }
  | Ready
  | NotReadyEvent
  /** No final outcome will come: the queue has no tries left (`run`), or the cluster did not answer until `wait` was over (`readiness`). */
  | {
      readonly kind: 'gave-up';
      readonly on: 'run' | 'readiness';
      readonly revision: Revision | null;
      readonly reason: string;
      readonly isStatusFinal: boolean;
      readonly durationMs: number;
    }
  | {
      readonly kind: 'drift';
      readonly outcome: DriftOutcome;
      readonly revision: Revision;
      readonly problems: readonly Problem[];
    };

/** A run has ended. */
export interface Finished {
  readonly kind: 'finished';
  readonly report: Report;
  /** What the run was for: the tip of the ref, or drift from the applied commit, which is never news to a commit. */
  readonly purpose: 'tip' | 'drift';
  /** The commit is waiting for this answer: something changed, a delivery named it, or it carries our pending status. */
  readonly answersCommit: boolean;
  readonly timing: Timing;
}

/** Everything that the run applied does its job. */
export interface Ready {
  readonly kind: 'ready';
  readonly revision: Revision;
  readonly counts: { readonly created: number; readonly updated: number; readonly pruned: number };
  /** The commit has its final status already: only the target's readiness is still of interest. */
  readonly isStatusFinal: boolean;
  /** Since the first run of this commit began. */
  readonly durationMs: number;
}

export interface NotReadyEvent {
  readonly kind: 'not-ready';
  readonly revision: Revision;
  readonly total: number;
  readonly notReady: readonly NotReady[];
  /** As in `Ready`. */
  readonly isStatusFinal: boolean;
  readonly durationMs: number;
}

export type DriftOutcome = 'found' | 'corrected' | 'contested' | 'refused';

export interface Timing {
  readonly durationMs: number;
  readonly stagesMs: Readonly<Partial<Record<Stage, number>>>;
}

export type Stage = 'fetch' | 'render' | 'plan' | 'apply' | 'record';

/** What an event is about. */
export interface EventSubject {
  readonly target: string;
  /** The repository's name in headgate.yml. */
  readonly repository: string;
  /** The Git host's delivery id, `sweep` or `cli`. */
  readonly delivery: string;
}

/** A place where run events are reported. It may fail: a run never fails because of it. */
export interface Channel {
  /** For the log line when it fails. */
  readonly name: string;
  /** People wait for its message, so whoever comes back later tries again until it is taken. */
  readonly isAwaited: boolean;
  /** Does nothing with an event that it has nothing to say about. */
  report(event: RunEvent, subject: EventSubject, signal: AbortSignal): Promise<void>;
}

export interface Reporter {
  /** Reports on every channel. Never rejects: what a channel did not take is logged, and of awaited channels returned. */
  readonly report: (event: RunEvent, signal: AbortSignal) => Promise<readonly Problem[]>;
  /** For a caller that comes back: @throws DeployError when an awaited channel did not take it. Nothing else is reported then. */
  readonly deliver: (event: RunEvent, signal: AbortSignal) => Promise<void>;
}
