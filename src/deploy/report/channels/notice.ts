import { cutEnd, inCharacters } from '../../../error/cut-text.ts';
import { createHash } from 'node:crypto';
import type { ChannelEvent, Severity } from '../../../config/written/channel-events.ts';
import type { Problem } from '../../../error/deploy-error.ts';
import { visibleLine } from '../../../error/visible-text.ts';
import { canonicalJson } from '../../../resource/json.ts';
import type { NotReady } from '../../../state/readiness.ts';
import type { NoticeDetail, NoticeText } from '../../../channels/port.ts';
import type { EventSubject, Finished, MovedVersion, Promoted, RunEvent } from '../../ports/run-event.ts';
import { countsText, describeWaiting, heldText, notReadyText, problemsText, readyText } from './texts.ts';

/** What a message says, and which subscribed events it counts as: a deploy that is ready at once is two of them. */
export interface Reported {
  readonly events: readonly ChannelEvent[];
  readonly text: NoticeText;
  /** What sets it apart from the same event of the same commit in another run. */
  readonly occurrence: readonly string[];
}

/** Null: no channel reports it. */
export function noticeOf(event: RunEvent): Reported | null {
  switch (event.kind) {
    case 'finished':
      return event.purpose === 'drift' ? null : finishedNotice(event);
    case 'ready':
      return reported(['ready'], {
        severity: 'info',
        resolves: true,
        revision: event.revision,
        text: readyText(event.counts, event.durationMs),
      });
    case 'not-ready':
      return reported(['not-ready'], {
        severity: 'warning',
        revision: event.revision,
        text: notReadyText(event.total, event.notReady),
        details: event.notReady.map((each) => notReadyDetail(each)),
      });
    case 'gave-up': {
      const isRun = event.on === 'run';
      const { revision, reason: text } = event;
      return reported([isRun ? 'failed' : 'not-ready'], { severity: isRun ? 'error' : 'warning', revision, text });
    }
    case 'waiting':
      return reported(['waiting'], {
        severity: 'info',
        revision: event.revision,
        text: joined(describeWaiting(event.waitingFor)),
        occurrence: event.waitingFor,
      });
    case 'deferred':
      return reported(['waiting'], {
        severity: 'info',
        revision: event.revision,
        text: event.reason,
        occurrence: [event.reason],
      });
    case 'held':
      return reported(['held'], {
        severity: 'info',
        revision: event.hold.at,
        text: heldText(event.hold),
        occurrence: [event.hold.since, event.hold.reason],
      });
    case 'hold-ended':
      return reported(['released'], {
        severity: 'info',
        revision: null,
        text: `ended by ${event.by}; was ${heldText(event.hold)}`,
        occurrence: [event.hold.since, event.by],
      });
    case 'drift':
      return reported(['drift'], {
        severity: event.outcome === 'corrected' ? 'info' : 'warning',
        resolves: event.outcome === 'corrected',
        revision: event.revision,
        text: `${event.outcome}: ${problemsText(event.problems)}`,
        details: event.problems,
        occurrence: [event.outcome],
      });
    case 'image':
      return reported(['image'], {
        severity: 'info',
        revision: event.revision,
        text: [
          ...event.changes.map(({ image: key, ...change }) => movedText({ key, ...change })),
          ...pageOf(event),
        ].join('; '),
        occurrence: [event.branch],
      });
    case 'promoted':
      return reported(['promoted'], {
        severity: 'info',
        revision: event.revision,
        text: promotedText(event),
        occurrence: [event.promotion],
      });
    case 'started':
    case 'window-overridden':
    case 'superseded':
    case 'retrying':
    case 'progressing':
      return null;
    default:
      return event satisfies never;
  }
}

function finishedNotice({ report, timing }: Finished): Reported | null {
  const { verdict, revision, errors } = report;
  const counts = report.overall ?? report;
  switch (verdict) {
    case 'deployed': {
      const isReady = report.readiness === 'ready';
      const text = isReady ? readyText(counts, report.overall?.durationMs ?? timing.durationMs) : countsText(counts);
      const events: readonly ChannelEvent[] = isReady ? ['deployed', 'ready'] : ['deployed'];
      return reported(events, { severity: 'info', resolves: report.readiness !== 'awaited', revision, text });
    }
    case 'partial':
    case 'refused':
      return reported([verdict], { severity: 'warning', revision, text: problemsText(errors), details: errors });
    case 'failed':
      return reported(['failed'], { severity: 'error', revision, text: problemsText(errors), details: errors });
    case 'unchanged': {
      // The run that applied the commit may have died before or after it reported that. The same id shows that this notice
      // repeats the first one.
      const events: readonly ChannelEvent[] = report.readiness === 'ready' ? ['deployed', 'ready'] : ['deployed'];
      const resolves = report.readiness !== 'awaited';
      return report.isOwed === true
        ? reported(events, { severity: 'info', resolves, revision, text: 'no changes' })
        : null;
    }
    case 'waiting':
      return null;
    default:
      return verdict satisfies never;
  }
}

interface Parts extends Pick<NoticeText, 'severity' | 'revision' | 'text'> {
  readonly resolves?: boolean;
  readonly details?: readonly NoticeDetail[] | readonly Problem[];
  readonly occurrence?: readonly string[];
}

/** Messages show no more details than this, and the queue has no room for more. */
const MAX_DETAILS = 5;
const TEXT = inCharacters(500);

function reported(
  events: readonly [ChannelEvent, ...ChannelEvent[]] | readonly ChannelEvent[],
  { severity, revision, text, resolves = false, details = [], occurrence = [] }: Parts,
): Reported {
  const shown = details.slice(0, MAX_DETAILS).map(({ subject, message, remedy }) => ({
    subject: cut(subject),
    message: cut(message),
    remedy: cut(remedy),
  }));
  const event = events[0] ?? 'deployed';
  const more = details.length - shown.length;
  return { events, occurrence, text: { event, severity, resolves, revision, text: cut(text), details: shown, more } };
}

function cut(text: string): string {
  return cutEnd(visibleLine(text), TEXT);
}

function notReadyDetail({ kind, namespace, name, reason }: NotReady): NoticeDetail {
  return { subject: `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`, message: reason, remedy: '' };
}

/** `web 1.2.0 → 1.3.0; from shop-dev at 1a2b3c4d5e6f; by ann` */
function promotedText(event: Promoted): string {
  const from = event.from.map(({ stage, revision }) => `${stage} at ${revision.slice(0, 12)}`);
  const by = event.by === null ? [] : [`by ${event.by}`];
  const changes = event.changes.map((change) => movedText(change));
  return [...changes, `from ${from.join(', ')}`, ...by, ...pageOf(event)].join('; ');
}

function movedText({ key, from, to }: MovedVersion): string {
  return to === null ? key : `${key} ${from.join(', ')} → ${to}`;
}

function pageOf({ pullRequest }: Pick<Promoted, 'pullRequest'>): readonly string[] {
  return pullRequest === null ? [] : [`proposed by ${pullRequest}`];
}

function joined({ what, more = '' }: { readonly what: string; readonly more?: string }): string {
  return `${what} ${more}`.trim();
}

/** Texts may differ when the same thing is reported again, such as durations, so they do not count. */
export function noticeId(
  { events, text: { revision }, occurrence }: Reported,
  { target, repository, requestedAt }: EventSubject,
): string {
  const same = [repository, target, revision, requestedAt, [...events], [...occurrence]];
  return createHash('sha256').update(canonicalJson(same)).digest('base64url').slice(0, 22);
}

/** Is the first at least as severe as the second? */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return ORDER[severity] >= ORDER[least];
}

const ORDER: Readonly<Record<Severity, number>> = { info: 0, warning: 1, error: 2 };
