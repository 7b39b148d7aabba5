import type { Window } from '../config/windows/window.ts';
import { openSpan } from './spans.ts';
import type { OpenedSpan } from './spans.ts';

/** May a target deploy now? `untilMs` null: that does not change within two years. */
export type WindowState =
  | { readonly kind: 'open'; readonly untilMs: number | null }
  /** `window`: the entry that decides when it opens, with its time zone and reason. */
  | { readonly kind: 'closed'; readonly untilMs: number | null; readonly window: Window };

type Opened = OpenedSpan & { readonly window: Window };

const HORIZON_MS = 731 * 24 * 3_600_000;

/** Open: no `deny` is in force, and one of the `allow`, if there are any. Pure: the clock is a parameter. */
export function windowAt(windows: readonly Window[], nowMs: number): WindowState {
  const opened = openedOf(windows);
  const closing = closedBy(opened, nowMs);
  if (closing === null)
    return { kind: 'open', untilMs: nextUntil(opened, nowMs, (atMs) => closedBy(opened, atMs) !== null) };
  const untilMs = nextUntil(opened, nowMs, (atMs) => closedBy(opened, atMs) === null);
  return { kind: 'closed', untilMs, window: untilMs === null ? closing : decisive(opened, { closing, untilMs }) };
}

/** Without a search for the end, which may be two years away. */
export function isOpenAt(windows: readonly Window[], nowMs: number): boolean {
  return closedBy(openedOf(windows), nowMs) === null;
}

function openedOf(windows: readonly Window[]): readonly Opened[] {
  return windows.map((window) => ({ ...openSpan(window), window }));
}

/** The entry that keeps it closed; null: it is open. */
function closedBy(opened: readonly Opened[], atMs: number): Window | null {
  const isActive = ({ isActive: active }: Opened) => active(atMs);
  const denied = opened.find((each) => each.window.effect === 'deny' && isActive(each));
  if (denied !== undefined) return denied.window;
  const allows = opened.filter(({ window }) => window.effect === 'allow');
  return allows.length === 0 || allows.some(isActive) ? null : (allows[0]?.window ?? null);
}

/** A `deny` that is in force until then, or the `allow` that begins. */
function decisive(
  opened: readonly Opened[],
  { closing, untilMs }: { readonly closing: Window; readonly untilMs: number },
): Window {
  const isDeny = ({ window }: Opened) => window.effect === 'deny';
  const ended = opened.find((each) => isDeny(each) && each.isActive(untilMs - 1));
  const begun = opened.find((each) => !isDeny(each) && each.isActive(untilMs));
  return (closing.effect === 'deny' ? (ended ?? begun) : (begun ?? ended))?.window ?? closing;
}

/** The next instant at which something is true; null: not within two years. */
function nextUntil(opened: readonly Opened[], nowMs: number, isTrue: (atMs: number) => boolean): number | null {
  for (let atMs = nowMs; atMs < nowMs + HORIZON_MS;) {
    const current = atMs;
    const changes = opened.map(({ nextChange }) => nextChange(current)).filter((each) => each !== null);
    if (changes.length === 0) return null;
    atMs = Math.min(...changes);
    if (isTrue(atMs)) return atMs;
  }
  return null;
}
