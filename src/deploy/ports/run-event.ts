import type { Problem } from '../../error/deploy-error.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Counts, Report } from './report.ts';
import type { Hold } from '../../state/hold.ts';
import type { NotReady } from '../../state/readiness.ts';

/** Something about one target that is worth reporting. Plain data: a channel decides whether and how to report it. */
export type RunEvent =
  /** Before the first write. */
  | { readonly kind: 'started'; readonly revision: Revision }
  /** Nothing more is written until these are ready; then the run resumes. */
  | { readonly kind: 'waiting'; readonly revision: Revision; readonly waitingFor: readonly string[] }
  /** A hold, a window or a missing approval keeps the commit from being deployed. */
  | { readonly kind: 'deferred'; readonly revision: Revision; readonly reason: string }
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'hold-ended'; readonly hold: Hold; readonly by: string }
  /** A person deploys outside the windows. `closed`: what would keep the tip back. */
  | { readonly kind: 'window-overridden'; readonly by: string; readonly reason: string; readonly closed: string }
  /** A newer commit replaced this one: `isApplied` before it was ready, or else before it was applied. */
  | { readonly kind: 'superseded'; readonly revision: Revision; readonly by: string; readonly isApplied: boolean }
  | Finished
  /** The run failed in a way that may pass; the queue delivers the request again. `pending`: the commit that waits for it. */
  | {
      readonly kind: 'retrying';
      readonly report: Report;
      readonly timing: Timing;
      readonly pending: { readonly revision: Revision; readonly tries: number } | null;
    }
  /** One read of what a run applied, while it is not ready. */
  | {
      readonly kind: 'progressing';
      readonly ready: number;
      readonly total: number;
      readonly notReady: readonly NotReady[];
    }
  | Ready
  | NotReadyEvent
  /** There will be no other outcome: the queue has no retries left (`run`), or the cluster did not answer within `wait` (`readiness`). */
  | {
      readonly kind: 'gave-up';
      readonly on: 'run' | 'readiness';
      readonly revision: Revision | null;
      readonly reason: string;
      readonly isStatusFinal: boolean;
      readonly durationMs: number;
    }
  | ImageWritten
  | Promoted
  | {
      readonly kind: 'drift';
      readonly outcome: DriftOutcome;
      readonly revision: Revision;
      readonly problems: readonly Problem[];
    };

export interface Finished {
  readonly kind: 'finished';
  readonly report: Report;
  /** A run for the tip of the ref, or for drift, which is never reported on a commit. */
  readonly purpose: 'tip' | 'drift';
  /** Set the commit status: something changed, a delivery named the commit, or we left it pending. */
  readonly answersCommit: boolean;
  readonly timing: Timing;
}

/** Everything that the run applied is ready. */
export interface Ready {
  readonly kind: 'ready';
  readonly revision: Revision;
  readonly counts: Counts;
  /** The commit has its final status already: only the target's readiness still matters. */
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

/** Versions of images were committed to a branch, or proposed for it. It concerns no single target, and is reported by channels alone. */
export interface ImageWritten {
  readonly kind: 'image';
  readonly branch: string;
  readonly revision: Revision;
  readonly changes: readonly { readonly image: string; readonly from: readonly string[]; readonly to: string }[];
  /** The page of the pull request that proposes them; null: they are on the branch. */
  readonly pullRequest: string | null;
}

/** Versions were promoted to a stage, or proposed for it. It is reported by channels alone. */
export interface Promoted {
  readonly kind: 'promoted';
  readonly promotion: string;
  readonly branch: string;
  readonly revision: Revision;
  /** The stages before, at the commits that were deployed to them. */
  readonly from: readonly { readonly stage: string; readonly revision: Revision }[];
  readonly changes: readonly MovedVersion[];
  /** The person who requested it; null: automation. */
  readonly by: string | null;
  /** As in `ImageWritten`. */
  readonly pullRequest: string | null;
}

export interface MovedVersion {
  readonly key: string;
  readonly from: readonly string[];
  /** Null: a value of a file, which may be anything, and is not shown. */
  readonly to: string | null;
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
  /** The channels of headgate.yml that hear of it. */
  readonly notify: readonly string[];
  /** When the run was requested, RFC 3339: the same when the queue delivers the request again. */
  readonly requestedAt: string;
}

/** A place where run events are reported. A run never fails because a channel does. */
export interface Channel {
  /** For the log, when it fails. */
  readonly name: string;
  /** People wait for its message, so callers that run again retry until it was sent. */
  readonly isAwaited: boolean;
  /** Ignores events that it does not report. */
  report(event: RunEvent, subject: EventSubject, signal: AbortSignal): Promise<void>;
}

export interface Reporter {
  /** Reports on every channel. Never rejects: failures are logged, and those of awaited channels returned. */
  readonly report: (event: RunEvent, signal: AbortSignal) => Promise<readonly Problem[]>;
  /** For callers that run again. @throws DeployError when an awaited channel fails; the channels after it are skipped. */
  readonly deliver: (event: RunEvent, signal: AbortSignal) => Promise<void>;
}
