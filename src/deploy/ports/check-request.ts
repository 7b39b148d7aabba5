import type { PreviewHead } from '../../config/templates/preview-target.ts';
import type { Lifted } from '../../plan/planner/lifted.ts';
import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Counts } from './report.ts';
import type { Recipient, Trigger } from './request.ts';

/** Requests a check of what one run wrote. Plain JSON: it is the body of a queue message. */
export interface CheckRequest extends Recipient {
  /** What triggered the run. */
  readonly trigger: Trigger;
  readonly revision: Revision;
  /** When the run began. */
  readonly sinceMs: number;
  /** When the first run of this commit began. */
  readonly beganMs: number;
  /** For the commit status. */
  readonly counts: Counts;
  /** Not ready yet; `all`: too many for a message, so everything that the target owns and that takes time. */
  readonly objects: readonly AwaitedObject[] | 'all';
  /** How many there were at first; null: not counted yet. */
  readonly total: number | null;
  /** How many messages continued it before this one. */
  readonly attempt: number;
  /** What was reported already: nothing is reported twice. */
  readonly reported: 'progressing' | 'not-ready' | null;
  /** The commit has its final status (another one was applied); only the target's readiness still matters. */
  readonly statusIsFinal: boolean;
  /** The run stopped before another wave: once these are ready, another run is queued. */
  readonly resumesRun: boolean;
  /** As in `Report`: definitions that were not served yet when the run ended are served once these objects are ready. */
  readonly lifted?: Lifted | null | undefined;
  /** The preview that the target is, with the entry of headgate.yml: its target is in no file. */
  readonly preview?: (PreviewHead & { readonly name: string }) | undefined;
}

/** Queues checks. */
export interface Checks {
  /** Rejects with `queue-unreachable`; after it resolved, no check is lost by a crash. */
  send(request: CheckRequest, afterMs: number, signal: AbortSignal): Promise<void>;
}

/** So that a message fits into the 256 KB that SQS accepts. */
const MESSAGE_OBJECTS = 500;

export function objectsFor(awaits: readonly AwaitedObject[]): CheckRequest['objects'] {
  return awaits.length > MESSAGE_OBJECTS ? 'all' : awaits;
}
