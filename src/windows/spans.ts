import { Cron } from 'croner';
import type { Hours, Span, Window } from '../config/windows/window.ts';
import { changeBetween, clockAt, instantsOf, zoneOf } from './zone.ts';
import type { Zone } from './zone.ts';

/** When a window is in force. */
export interface OpenedSpan {
  readonly isActive: (atMs: number) => boolean;
  /** A later instant before which nothing changes; it may change then. Null: it never changes again. */
  readonly nextChange: (atMs: number) => number | null;
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1440;
const WEEK_MINUTES = 7 * DAY_MINUTES;
const DAY_MS = DAY_MINUTES * MINUTE_MS;

export function openSpan({ span, timezone }: Window): OpenedSpan {
  switch (span.kind) {
    case 'weekly':
      return openWeekly(span, zoneOf(timezone));
    case 'interval':
      return openInterval(span, zoneOf(timezone));
    case 'cron':
      return openCron(span, timezone);
    default:
      return span satisfies never;
  }
}

function openWeekly({ days, hours }: Extract<Span, { kind: 'weekly' }>, zone: Zone): OpenedSpan {
  const edges = days.flatMap((day) =>
    hours.flatMap(({ from, until }) => [
      day * DAY_MINUTES + from,
      (day * DAY_MINUTES + until + (from > until ? DAY_MINUTES : 0)) % WEEK_MINUTES,
    ]),
  );
  return {
    isActive(atMs) {
      const { day, minute } = weekTime(clockAt(zone, atMs));
      return hours.some((each) => covers(each, days, { day, minute }));
    },
    nextChange(atMs) {
      const { ofWeekMs } = weekTime(clockAt(zone, atMs));
      const distances = edges.map((edge) => {
        const ms = edge * MINUTE_MS - ofWeekMs;
        return ms > 0 ? ms : ms + WEEK_MINUTES * MINUTE_MS;
      });
      // A day at a time: no zone changes its clocks twice on one.
      const next = atMs + Math.min(DAY_MS, ...distances);
      return changeBetween(zone, atMs, next) ?? next;
    },
  };
}

function covers({ from, until }: Hours, days: readonly number[], at: { day: number; minute: number }): boolean {
  const isDay = days.includes(at.day);
  if (from < until) return isDay && at.minute >= from && at.minute < until;
  return (isDay && at.minute >= from) || (days.includes((at.day + 6) % 7) && at.minute < until);
}

/** 1970-01-01 was a Thursday. */
function weekTime(shownMs: number): { readonly day: number; readonly minute: number; readonly ofWeekMs: number } {
  const weekMs = WEEK_MINUTES * MINUTE_MS;
  const ofWeekMs = (((shownMs + 3 * DAY_MS) % weekMs) + weekMs) % weekMs;
  return { day: Math.floor(ofWeekMs / DAY_MS), minute: Math.floor((ofWeekMs % DAY_MS) / MINUTE_MS), ofWeekMs };
}

/** From the first time that a clock gets to its beginning until the last time that one gets to its end. */
function openInterval({ from, until }: Extract<Span, { kind: 'interval' }>, zone: Zone): OpenedSpan {
  const fromMs = instantsOf(zone, Date.parse(`${from}Z`)).first;
  const untilMs = instantsOf(zone, Date.parse(`${until}Z`)).last;
  return {
    isActive: (atMs) => atMs >= fromMs && atMs < untilMs,
    nextChange: (atMs) => (atMs < fromMs ? fromMs : atMs < untilMs ? untilMs : null),
  };
}

/** croner follows cron: a time that is skipped comes at the change of the clocks, and one that comes twice counts once. */
function openCron({ cron, forMs }: Extract<Span, { kind: 'cron' }>, timezone: string): OpenedSpan {
  const schedule = new Cron(cron, { timezone, paused: true });
  /** The last start at this instant or before it, if its time is not over. */
  const lastStart = (atMs: number): number | null => {
    const [last] = schedule.previousRuns(1, new Date(Math.floor(atMs / 1000) * 1000 + 1000));
    const startMs = last?.getTime() ?? null;
    return startMs !== null && startMs <= atMs && startMs > atMs - forMs ? startMs : null;
  };
  return {
    isActive: (atMs) => lastStart(atMs) !== null,
    nextChange(atMs) {
      const startMs = lastStart(atMs);
      return startMs === null ? (schedule.nextRun(new Date(atMs))?.getTime() ?? null) : startMs + forMs;
    },
  };
}
