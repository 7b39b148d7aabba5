import type { Log } from '../../ports/log.ts';
import type { Report } from '../../ports/report.ts';
import type { Channel, EventSubject, RunEvent, Timing } from '../../ports/run-event.ts';
import type { NotReady } from '../../../state/readiness.ts';
import type { Usage } from '../../ports/usage.ts';

type Line = Parameters<Log>[0];

/** The traffic of each port so far; null: never opened. */
export interface Counters {
  readonly git: Usage | null;
  readonly kubernetes: Usage | null;
  readonly host: Usage | null;
}

/** Reports in the log. It has to be the last channel, because its lines count what the others sent. */
export function logChannel(log: Log, counters: Counters): Channel {
  return {
    name: 'log',
    isAwaited: false,
    async report(event, subject) {
      for (const line of renderLines(event, subject, counters)) log(line);
    },
  };
}

export function renderLines(event: RunEvent, subject: EventSubject, counters: Counters): readonly Line[] {
  switch (event.kind) {
    case 'finished': {
      const { report, timing } = event;
      const outcome = outcomeLine({ report, timing }, subject, counters);
      // Objects that are ready once written need no check.
      if (report.readiness !== 'ready' || report.revision === null) return [outcome];
      const ready = { revision: report.revision, durationMs: timing.durationMs, notReady: [] };
      return [outcome, readinessLine(ready, subject)];
    }
    case 'retrying':
      // For alarms: it is not the end of the request.
      return [
        {
          ...(counters.git === null ? unopenedLine(event, subject) : outcomeLine(event, subject, counters)),
          willRetry: true,
        },
      ];
    case 'progressing': {
      const { ready, total, notReady } = event;
      const { target, delivery } = subject;
      return [{ level: 'debug', message: 'check', target, delivery, ready, total, notReady }];
    }
    case 'ready':
      return [readinessLine({ ...event, notReady: [] }, subject, counters)];
    case 'not-ready':
      return [readinessLine(event, subject, counters)];
    case 'gave-up':
      return gaveUpLines(event, subject);
    case 'superseded': {
      const { target, delivery } = subject;
      return event.isApplied ? [{ level: 'debug', message: 'check', target, delivery, supersededBy: event.by }] : [];
    }
    case 'held':
    case 'hold-ended':
      return [holdLine(event, subject)];
    case 'window-overridden': {
      const { by, reason, closed } = event;
      const { target, repository } = subject;
      return [{ level: 'warn', message: 'window-overridden', target, repository, by, reason, closed }];
    }
    case 'started':
    case 'deferred':
    case 'waiting':
    case 'drift':
    // What writes an image logs it.
    case 'image':
    case 'promoted':
      return [];
    default:
      return event satisfies never;
  }
}

/** The outcome of a run, with its request counts. */
function outcomeLine(
  { report, timing }: { readonly report: Report; readonly timing: Timing },
  { target, repository, delivery }: EventSubject,
  counters: Counters,
): Line {
  const { created, updated, unchanged, pruned, failed, verdict, revision, previous, warnings, errors } = report;
  return {
    level: levelOf(report),
    message: verdict,
    target,
    repository,
    revision,
    previous,
    delivery,
    verdict,
    created,
    updated,
    unchanged,
    pruned,
    ...(report.adopted === undefined ? {} : { adopted: report.adopted }),
    ...(report.released === undefined ? {} : { released: report.released }),
    failed,
    durationMs: timing.durationMs,
    stagesMs: timing.stagesMs,
    requests: {
      git: counters.git?.requests ?? 0,
      kubernetes: counters.kubernetes?.requests ?? 0,
      host: counters.host?.requests ?? 0,
    },
    bytes: { git: counters.git?.bytes ?? 0 },
    warnings,
    errors,
    ...(report.waitingFor === undefined ? {} : { waitingFor: report.waitingFor }),
  };
}

function holdLine(
  event: Extract<RunEvent, { kind: 'held' | 'hold-ended' }>,
  { target, repository }: EventSubject,
): Line {
  const { by, reason, since, at, until } = event.hold;
  const line = { level: 'info', message: event.kind, target, repository } as const;
  const hold = { reason, since, revision: at, until };
  return event.kind === 'held' ? { ...line, by, ...hold } : { ...line, by: event.by, heldBy: by, ...hold };
}

/** A run that failed before its cluster or its repository could be opened. */
function unopenedLine(
  { report, timing }: Extract<RunEvent, { kind: 'retrying' }>,
  { target, repository, delivery }: EventSubject,
): Line {
  const { durationMs } = timing;
  const { verdict, errors } = report;
  return { level: 'error', message: 'failed', target, repository, delivery, verdict, durationMs, errors };
}

function readinessLine(
  found: { readonly revision: string; readonly durationMs: number; readonly notReady: readonly NotReady[] },
  { target, repository, delivery }: EventSubject,
  counters?: Counters,
): Line {
  const isReady = found.notReady.length === 0;
  const { revision, durationMs, notReady } = found;
  const requests = { kubernetes: counters?.kubernetes?.requests ?? 0, host: counters?.host?.requests ?? 0 };
  return {
    level: isReady ? 'info' : 'warn',
    message: isReady ? 'ready' : 'not-ready',
    target,
    repository,
    revision,
    delivery,
    durationMs,
    notReady,
    ...(counters === undefined ? {} : { requests }),
  };
}

function gaveUpLines(
  { on, revision, reason, durationMs }: Extract<RunEvent, { kind: 'gave-up' }>,
  subject: EventSubject,
): readonly Line[] {
  const { target, delivery } = subject;
  if (on === 'run') return [{ level: 'error', message: 'dead-letter', target, delivery, revision }];
  const notReady = [{ kind: 'Target', namespace: '', name: target, reason }];
  return revision === null ? [] : [readinessLine({ revision, durationMs, notReady }, subject)];
}

function levelOf({ verdict }: Report): Line['level'] {
  switch (verdict) {
    case 'unchanged':
    case 'deployed':
    case 'waiting':
      return 'info';
    case 'refused':
    case 'partial':
      return 'warn';
    case 'failed':
      return 'error';
    default:
      return verdict satisfies never;
  }
}
