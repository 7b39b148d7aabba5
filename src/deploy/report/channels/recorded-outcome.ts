import { beginningOf } from '../../../error/cut-text.ts';
import { visibleLine } from '../../../error/visible-text.ts';
import type { Revision } from '../../../snapshot/source.ts';
import type { Finished, RunEvent } from '../../ports/run-event.ts';
import { countsText, notReadyText, readyText } from './texts.ts';

/** What a repository with `record: refs` says about a commit. */
export interface RecordedOutcome {
  readonly revision: Revision;
  /** The target is at this commit now. */
  readonly isDeployed: boolean;
  readonly verdict: 'deployed' | 'ready' | 'not ready';
  readonly text: string;
}

/** Null: it is not recorded in Git, such as a run that failed, because the target stays where it was. */
export function recordedOutcome(event: RunEvent): RecordedOutcome | null {
  switch (event.kind) {
    case 'finished':
      return event.purpose === 'drift' ? null : ofFinished(event);
    case 'ready': {
      // The commit was superseded meanwhile.
      if (event.isStatusFinal) return null;
      const text = readyText(event.counts, event.durationMs);
      return { revision: event.revision, isDeployed: false, verdict: 'ready', text };
    }
    case 'not-ready':
      return event.isStatusFinal ? null : notReady(event.revision, notReadyText(event.total, event.notReady));
    case 'gave-up':
      if (event.on === 'run' || event.revision === null || event.isStatusFinal) return null;
      return notReady(event.revision, event.reason);
    case 'started':
    case 'waiting':
    case 'deferred':
    case 'held':
    case 'hold-ended':
    case 'window-overridden':
    case 'superseded':
    case 'retrying':
    case 'progressing':
    case 'drift':
    case 'image':
    case 'promoted':
      return null;
    default:
      return event satisfies never;
  }
}

function ofFinished({ report, timing }: Finished): RecordedOutcome | null {
  const { verdict, revision, readiness, isRecorded, isOwed, overall } = report;
  // A run that found its target current, or that stopped before the tip, did not move it. A run that died after it applied the
  // tip has not recorded that.
  const isAfterDeath = isOwed === true && readiness !== null;
  const isDeployed = verdict === 'deployed' || (verdict === 'unchanged' && (isRecorded || isAfterDeath));
  if (!isDeployed || revision === null) return null;
  const counts = overall ?? report;
  if (readiness !== 'ready') return { revision, isDeployed, verdict: 'deployed', text: countsText(counts) };
  return { revision, isDeployed, verdict: 'ready', text: readyText(counts, overall?.durationMs ?? timing.durationMs) };
}

function notReady(revision: Revision, text: string): RecordedOutcome {
  return { revision, isDeployed: false, verdict: 'not ready', text };
}

/** `git log` shows a note with its commit, so it is short. */
const MAX_LENGTH = 500;

/** `deployed 2026-11-28T14:03:11Z: 1 created, 2 updated` */
export function noteOf({ verdict, text }: RecordedOutcome, at: string): string {
  return beginningOf(visibleLine(`${verdict} ${at.replace(/\.\d+Z$/, 'Z')}: ${text}`), MAX_LENGTH);
}
