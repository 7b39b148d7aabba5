import { needsPerson } from '../../../error/deploy-error.ts';
import type { Revision } from '../../../snapshot/source.ts';
import type { Report } from '../../ports/report.ts';
import type { Channel, Finished, RunEvent } from '../../ports/run-event.ts';
import type { Statuses } from '../../ports/statuses.ts';
import {
  countsText,
  describeDeferred,
  describeProblems,
  describeWaiting,
  notReadyText,
  readyText,
  retryingText,
} from './texts.ts';
import type { CommitStatus } from '../../../githost/port/host-api.ts';

/** A status for the commit that an event is about. */
interface StatusMessage {
  readonly revision: Revision;
  readonly state: CommitStatus['state'];
  readonly text: CommitStatus['description'];
}

/** Reports on the commit, as the status `headgate/<target>`. */
export function commitStatusChannel(statuses: Statuses): Channel {
  return {
    name: 'commit status',
    isAwaited: true,
    async report(event, { target }, signal) {
      const message = renderStatus(event);
      if (message === null) return;
      const { revision, state, text } = message;
      await statuses.set(revision, { state, context: `headgate/${target}`, description: text }, signal);
    },
  };
}

/** Null: leave the status as it is. */
export function renderStatus(event: RunEvent): StatusMessage | null {
  switch (event.kind) {
    case 'started':
      return { revision: event.revision, state: 'pending', text: 'applying' };
    case 'waiting':
      return { revision: event.revision, state: 'pending', text: describeWaiting(event.waitingFor) };
    case 'deferred':
      return { revision: event.revision, state: 'pending', text: describeDeferred(event.reason) };
    case 'superseded':
      return event.isApplied
        ? { revision: event.revision, state: 'success', text: `applied; superseded by ${event.by.slice(0, 7)}` }
        : { revision: event.revision, state: 'error', text: `superseded by ${event.by.slice(0, 7)}` };
    case 'finished':
      return renderFinished(event);
    case 'ready':
      if (event.isStatusFinal) return null;
      return { revision: event.revision, state: 'success', text: readyText(event.counts, event.durationMs) };
    case 'not-ready':
      if (event.isStatusFinal) return null;
      return { revision: event.revision, state: 'failure', text: notReadyText(event.total, event.notReady) };
    case 'gave-up':
      if (event.revision === null || event.isStatusFinal) return null;
      return { revision: event.revision, state: 'error', text: event.reason };
    case 'retrying': {
      if (event.pending === null) return null;
      const { revision, tries } = event.pending;
      return { revision, state: 'pending', text: retryingText(event.report.errors, tries) };
    }
    case 'held':
    case 'hold-ended':
    case 'window-overridden':
    case 'progressing':
    case 'drift':
    case 'image':
    case 'promoted':
      return null;
    default:
      return event satisfies never;
  }
}

function renderFinished({ report, purpose, answersCommit, timing }: Finished): StatusMessage | null {
  const { revision } = report;
  if (revision === null || purpose === 'drift' || !answersCommit) return null;
  const outcome = renderOutcome(report, timing.durationMs);
  return outcome === null ? null : { revision, ...outcome };
}

/** Null when a check will report, or the verdict is not reported on commits. */
function renderOutcome(report: Report, durationMs: number): Omit<StatusMessage, 'revision'> | null {
  if (report.readiness === 'awaited') return null;
  switch (report.verdict) {
    case 'unchanged':
      return { state: 'success', text: 'no changes' };
    case 'deployed':
      return {
        state: 'success',
        text:
          report.readiness === 'ready'
            ? readyText(report.overall ?? report, report.overall?.durationMs ?? durationMs)
            : countsText(report.overall ?? report),
      };
    case 'partial':
    case 'refused':
      return { state: 'failure', text: describeProblems(report.errors) };
    case 'failed': {
      const isFixedInGit = report.errors.some(({ code }) => needsPerson(code));
      return { state: isFixedInGit ? 'failure' : 'error', text: describeProblems(report.errors) };
    }
    case 'waiting':
      return null;
    default:
      return report.verdict satisfies never;
  }
}
