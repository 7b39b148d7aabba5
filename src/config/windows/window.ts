/** A time at which a target may deploy, or must not. Plain JSON. */
export interface Window {
  readonly effect: 'allow' | 'deny';
  readonly span: Span;
  /** IANA name: `Europe/Berlin`. */
  readonly timezone: string;
  readonly reason: string | null;
}

export type Span =
  /** While a clock in the time zone shows one of these times. 0 is Monday. */
  | { readonly kind: 'weekly'; readonly days: readonly number[]; readonly hours: readonly Hours[] }
  /** From each time of the cron expression. */
  | { readonly kind: 'cron'; readonly cron: string; readonly forMs: number }
  /** `2026-12-20T00:00`, by a clock in the time zone. */
  | { readonly kind: 'interval'; readonly from: string; readonly until: string };

/** Minutes of a day. `from` after `until`: until that time of the next day. */
export interface Hours {
  readonly from: number;
  readonly until: number;
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6];
const MINUTES_OF_DAY = 1440;

/** Reads `Mon-Fri 09:00-17:00`, `Sat,Sun`, `22:00-06:00` or `2026-12-20 00:00 / 2027-01-02 00:00`; null: it is none of them. */
export function parseSpan(text: string): Span | null {
  return text.includes('/') ? parseInterval(text) : parseWeekly(text);
}

function parseWeekly(text: string): Span | null {
  const parts = text.trim().split(/\s+/);
  const [first = '', second] = parts;
  if (parts.length > 2 || first === '') return null;
  const hasDays = /^[a-z]/i.test(first);
  if (!hasDays && second !== undefined) return null;
  const days = hasDays ? parseDays(first) : ALL_DAYS;
  const hours = hasDays ? second : first;
  const ranges = hours === undefined ? [{ from: 0, until: MINUTES_OF_DAY }] : hours.split(',').map(parseHours);
  const known = ranges.filter((range) => range !== null);
  return days === null || known.length < ranges.length ? null : { kind: 'weekly', days, hours: known };
}

function parseDays(text: string): readonly number[] | null {
  const found = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    const [from, until, ...more] = part.split('-').map((name) => DAYS.indexOf(name));
    const last = until ?? from;
    if (from === undefined || last === undefined || from < 0 || last < 0 || more.length > 0) return null;
    for (let day = from; ; day = (day + 1) % 7) {
      found.add(day);
      if (day === last) break;
    }
  }
  return [...found].toSorted((a, b) => a - b);
}

function parseHours(text: string): Hours | null {
  const [from, until, ...more] = text.split('-').map(parseClock);
  const isWhole = from !== undefined && from !== null && until !== undefined && until !== null && more.length === 0;
  return isWhole && from !== until && from < MINUTES_OF_DAY && until > 0 ? { from, until } : null;
}

function parseClock(text: string): number | null {
  const [, hour = '', minute = ''] = /^(\d\d):(\d\d)$/.exec(text) ?? [];
  const minutes = Number(hour) * 60 + Number(minute);
  return hour === '' || Number(minute) > 59 || minutes > MINUTES_OF_DAY ? null : minutes;
}

function parseInterval(text: string): Span | null {
  const [from, until, ...more] = text.split('/').map((part) => parseTime(part.trim()));
  if (from === undefined || from === null || until === undefined || until === null || more.length > 0) return null;
  return from < until ? { kind: 'interval', from, until } : null;
}

function parseTime(text: string): string | null {
  const [, date = '', clock = ''] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)$/.exec(text) ?? [];
  const time = new Date(`${date}T${clock}Z`);
  // A day that does not exist, such as February 30, would be read as another one.
  return Number.isNaN(time.getTime()) || !time.toISOString().startsWith(`${date}T${clock}`) ? null : `${date}T${clock}`;
}

export function isTimezone(name: string): boolean {
  // An offset such as +01:00 has no daylight saving time, and is usually a mistake.
  if (/^[+-]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
