import type { AwaitedObject } from '../../health/needs-readiness.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { Recipient, Trigger } from './request.ts';

/** What one run wrote is to be looked at until it is ready. Plain JSON: it is the body of a queue message. */
export interface CheckRequest extends Recipient {
  /** Of the run. */
  readonly trigger: Trigger;
  readonly revision: Revision;
  /** When the run began. */
  readonly sinceMs: number;
  /** When the first run of this commit began, if there were several. */
  readonly beganMs: number;
  /** What the run did, for the text on the commit. */
  readonly counts: { readonly created: number; readonly updated: number; readonly pruned: number };
  /** Not seen ready yet; `all`: too many for a message, so everything of its kind that the target owns. */
  readonly objects: readonly AwaitedObject[] | 'all';
  /** How many there were in the beginning; null while nobody has counted them. */
  readonly total: number | null;
  /** How often it was handed on. */
  readonly attempt: number;
  /** What was said of it already, so that it is said once. */
  readonly reported: 'progressing' | 'not-ready' | null;
  /** The commit has its last word (another one was applied); only the target's readiness is still of interest. */
  readonly statusIsFinal: boolean;
  /** The run stopped before another wave: once these are ready, the target is asked to go on. */
  readonly resumesRun: boolean;
}

/** Ways on for what has to be looked at later. */
export interface Checks {
  /** Rejects with `queue-unreachable`; after it resolved, no check is lost by a crash. */
  send(request: CheckRequest, afterMs: number, signal: AbortSignal): Promise<void>;
}

/** SQS takes 256 KB. */
const MESSAGE_OBJECTS = 500;

export function objectsFor(awaits: readonly AwaitedObject[]): CheckRequest['objects'] {
  return awaits.length > MESSAGE_OBJECTS ? 'all' : awaits;
}
