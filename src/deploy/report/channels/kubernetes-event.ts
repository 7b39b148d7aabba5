import type { Channel, DriftOutcome, Finished, RunEvent } from '../../ports/run-event.ts';
import type { Cluster, ClusterEvent } from '../../ports/cluster.ts';
import { shorten } from '../../../githost/port/shorten.ts';
import type { Problem } from '../../../error/deploy-error.ts';
import { atRevision, countsText, describeProblems, heldText, notReadyText, readyText } from './texts.ts';

/** Reports as an Event on the target's state object. */
export function kubernetesEventChannel(cluster: Pick<Cluster, 'event'>): Channel {
  return {
    name: 'Kubernetes Event',
    isAwaited: false,
    async report(event, _subject, signal) {
      const message = renderEvent(event);
      if (message !== null) await cluster.event(message, signal);
    },
  };
}

/** Null: no Event is written. */
export function renderEvent(event: RunEvent): ClusterEvent | null {
  switch (event.kind) {
    case 'finished':
      return event.purpose === 'drift' ? null : renderFinished(event);
    case 'ready':
      return normal('Ready', atRevision(event.revision, readyText(event.counts, event.durationMs)));
    case 'not-ready':
      return warning('NotReady', atRevision(event.revision, notReadyText(event.total, event.notReady)));
    case 'drift': {
      const message = atRevision(event.revision, problemsMessage(event.problems));
      return event.outcome === 'corrected'
        ? normal(DRIFT_REASONS[event.outcome], message)
        : warning(DRIFT_REASONS[event.outcome], message);
    }
    case 'held':
      return normal('Held', heldText(event.hold));
    case 'hold-ended':
      return normal('HoldEnded', `ended by ${event.by}; was ${heldText(event.hold)}`);
    case 'window-overridden':
      return normal('WindowOverridden', `by ${event.by}: ${event.reason} (${event.closed})`);
    case 'image':
    case 'promoted':
    case 'started':
    case 'deferred':
    case 'waiting':
    case 'superseded':
    case 'retrying':
    case 'progressing':
    case 'gave-up':
      return null;
    default:
      return event satisfies never;
  }
}

const DRIFT_REASONS: Readonly<Record<DriftOutcome, ClusterEvent['reason']>> = {
  found: 'Drifted',
  corrected: 'DriftCorrected',
  contested: 'DriftContested',
  refused: 'DriftRefused',
};

/** An outcome that could not be recorded has no state object to attach an Event to. */
function renderFinished({ report }: Finished): ClusterEvent | null {
  if (!report.isRecorded) return null;
  switch (report.verdict) {
    case 'deployed':
      return normal('Deployed', atRevision(report.revision, countsText(report)));
    case 'refused':
      return warning('DeployRefused', atRevision(report.revision, problemsMessage(report.errors)));
    case 'partial':
    case 'failed':
      return warning('DeployFailed', atRevision(report.revision, problemsMessage(report.errors)));
    case 'unchanged':
    case 'waiting':
      return null;
    default:
      return report.verdict satisfies never;
  }
}

/** The API server takes at most 1,024 bytes, and the commit precedes this text. */
const MESSAGE = { length: 960, lengthOf: (text: string) => Buffer.byteLength(text) };

function problemsMessage(problems: readonly Problem[]): string {
  return shorten(describeProblems(problems), MESSAGE);
}

function normal(reason: ClusterEvent['reason'], message: string): ClusterEvent {
  return { type: 'Normal', reason, message };
}

function warning(reason: ClusterEvent['reason'], message: string): ClusterEvent {
  return { type: 'Warning', reason, message };
}
