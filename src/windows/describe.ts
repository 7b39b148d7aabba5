import type { Window } from '../config/windows/window.ts';
import { isOpenAt, windowAt } from './window-at.ts';
import type { WindowState } from './window-at.ts';

type Closed = Extract<WindowState, { kind: 'closed' }>;

/** `waits for the window, opens Mon 09:00 CET: reason` */
export function describeClosed({ untilMs, window }: Closed, nowMs: number): string {
  const opens =
    untilMs === null ? 'which does not open within two years' : `opens ${timeOf(untilMs, window.timezone, nowMs)}`;
  return `waits for the window, ${opens}${window.reason === null ? '' : `: ${window.reason}`}`;
}

/** Null: it is open. */
export function reasonWhileClosed(windows: readonly Window[], nowMs: number): string | null {
  if (isOpenAt(windows, nowMs)) return null;
  const state = windowAt(windows, nowMs);
  return state.kind === 'open' ? null : describeClosed(state, nowMs);
}

/** Before the same day of the week comes again. */
const NEAR_MS = 6 * 24 * 3_600_000;

/** `Mon 09:00 CET`, or `Jan 2 00:00 CET` when that is not this week, with the year when that is another one. */
function timeOf(atMs: number, timeZone: string, nowMs: number): string {
  const shown = (of: number, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-US', { timeZone, ...options }).format(of);
  const clock = shown(atMs, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const zone = abbreviationOf(atMs, timeZone);
  if (atMs - nowMs < NEAR_MS) return `${shown(atMs, { weekday: 'short' })} ${clock} ${zone}`;
  const year = shown(atMs, { year: 'numeric' });
  const date = shown(atMs, { month: 'short', day: 'numeric' });
  return `${date}${year === shown(nowMs, { year: 'numeric' }) ? '' : `, ${year}`} ${clock} ${zone}`;
}

/** Each locale abbreviates the zones of some countries, and shows an offset for others. */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-IN'];

/** `CET`, `EST`; or `GMT+5:30` for zones without a known abbreviation. */
function abbreviationOf(atMs: number, timeZone: string): string {
  const found = LOCALES.map((locale) => {
    const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' }).formatToParts(atMs);
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  });
  return found.find((name) => !/^GMT[+-]/.test(name)) ?? found[0] ?? timeZone;
}
