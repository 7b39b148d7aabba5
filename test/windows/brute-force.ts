import type { Span, Window } from '../../src/config/windows/window.ts';

/*
 * What the windows mean, written down as directly as possible: what a clock shows at a minute, from Intl alone. Nothing of
 * src is used, and no arithmetic with offsets.
 */

const MINUTE_MS = 60_000;
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

interface Shown {
  readonly day: number;
  readonly minute: number;
  /** `2026-10-25T02:30` */
  readonly time: string;
}

function clockIn(zone: string): (atMs: number) => Shown {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const weekday = new Intl.DateTimeFormat('en-US', { timeZone: zone, weekday: 'short' });
  return (atMs) => {
    const time = format.format(atMs).replace(' ', 'T');
    const [hour = 0, minute = 0] = time.slice(11).split(':').map(Number);
    return { day: DAYS.indexOf(weekday.format(atMs)), minute: hour * 60 + minute, time };
  };
}

function remembered<T>(work: (atMs: number) => T): (atMs: number) => T {
  const known = new Map<number, T>();
  return (atMs) => {
    const found = known.get(atMs) ?? work(atMs);
    known.set(atMs, found);
    return found;
  };
}

export type Clocks = Map<string, (atMs: number) => Shown>;

/** `clocks`: kept, because reading one is slow. */
export function isOpenByBruteForce(windows: readonly Window[], clocks: Clocks): (atMs: number) => boolean {
  const clockOf = (zone: string) => {
    const clock = clocks.get(zone) ?? remembered(clockIn(zone));
    clocks.set(zone, clock);
    return clock;
  };
  const spans = windows.map(({ effect, span, timezone }) => ({ effect, isActive: activeBy(span, clockOf(timezone)) }));
  return (atMs) => {
    const active = spans.filter(({ isActive }) => isActive(atMs));
    const hasAllow = windows.some(({ effect }) => effect === 'allow');
    return (
      !active.some(({ effect }) => effect === 'deny') && (!hasAllow || active.some(({ effect }) => effect === 'allow'))
    );
  };
}

function activeBy(span: Span, clock: (atMs: number) => Shown): (atMs: number) => boolean {
  switch (span.kind) {
    case 'weekly':
      return (atMs) => {
        const { day, minute } = clock(atMs);
        const isWithin = (of: number, at: number) =>
          span.days.includes(of) &&
          span.hours.some(({ from, until }) => at >= from && at < (until > from ? until : until + 1440));
        return isWithin(day, minute) || isWithin((day + 6) % 7, minute + 1440);
      };
    case 'interval': {
      // Begun once a clock has shown its beginning, and over once none shows a time before its end again.
      const begins = minutesAround(span.from).find((atMs) => clock(atMs).time >= span.from) ?? 0;
      const ends = minutesAround(span.until).findLast((atMs) => clock(atMs).time < span.until) ?? 0;
      return (atMs) => atMs >= begins && atMs <= ends;
    }
    case 'cron': {
      const starts = remembered(startsOf(span.cron, clock));
      return (atMs) => {
        for (let ms = 0; ms < span.forMs; ms += MINUTE_MS) if (starts(atMs - ms)) return true;
        return false;
      };
    }
    default:
      return span satisfies never;
  }
}

/** No clock is more than a day from UTC. */
function minutesAround(time: string): readonly number[] {
  const middle = Date.parse(`${time}Z`);
  return Array.from({ length: 2 * 1440 }, (_, index) => middle + (index - 1440) * MINUTE_MS);
}

/** Minute, hour and day of week; day and month are `*`. */
function startsOf(cron: string, clock: (atMs: number) => Shown): (atMs: number) => boolean {
  const [minutes = '', hours = '', , , days = ''] = cron.split(' ');
  const isFixed = !/[*/]/.test(`${minutes}${hours}`);
  const matches = ({ minute, day }: Shown) =>
    isIn(minutes, minute % 60) && isIn(hours, Math.floor(minute / 60)) && isIn(days, (day + 1) % 7);
  return (atMs) => {
    const now = clock(atMs);
    if (!isFixed) return matches(now);
    if (matches(now)) {
      // Not for a second time: the clock showed this time less than three hours ago.
      for (let ms = MINUTE_MS; ms <= 180 * MINUTE_MS; ms += MINUTE_MS)
        if (clock(atMs - ms).time === now.time) return false;
      return true;
    }
    // The clock skipped a time that matches, right before this minute.
    const before = clock(atMs - MINUTE_MS);
    for (let minute = before.minute + 1; before.day === now.day && minute < now.minute; minute += 1)
      if (matches({ ...now, minute })) return true;
    return false;
  };
}

function isIn(field: string, value: number): boolean {
  return field.split(',').some((part) => {
    const [range = '', step = '1'] = part.split('/');
    const [from, until] = range === '*' ? [0, 59] : range.split('-').map(Number);
    return value >= (from ?? 0) && value <= (until ?? from ?? 0) && (value - (from ?? 0)) % Number(step) === 0;
  });
}
