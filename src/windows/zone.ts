/** A time zone: what a clock there shows. */
export interface Zone {
  /** How much later than UTC, at an instant. */
  readonly offsetMs: (atMs: number) => number;
}

const DAY_MS = 24 * 3_600_000;

export function zoneOf(timezone: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return {
    offsetMs(atMs) {
      const parts = new Map<string, number>(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
      const part = (type: string) => parts.get(type) ?? 0;
      const shown = Date.UTC(
        part('year'),
        part('month') - 1,
        part('day'),
        part('hour'),
        part('minute'),
        part('second'),
      );
      return shown - Math.floor(atMs / 1000) * 1000;
    },
  };
}

/** What a clock shows, as the milliseconds of the same time in UTC. */
export function clockAt(zone: Zone, atMs: number): number {
  return atMs + zone.offsetMs(atMs);
}

/** The first instant after `fromMs`, up to `untilMs`, at which clocks are changed; null: none. At most one change may be between. */
export function changeBetween(zone: Zone, fromMs: number, untilMs: number): number | null {
  const before = zone.offsetMs(fromMs);
  if (zone.offsetMs(untilMs) === before) return null;
  let [same, other] = [fromMs, untilMs];
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (zone.offsetMs(middle) === before) same = middle;
    else other = middle;
  }
  return other;
}

/**
 * The first and the last instant at which a clock gets to this time. They differ if it shows the time twice. If it skips the
 * time, both are the instant of the change.
 */
export function instantsOf(zone: Zone, shownMs: number): { readonly first: number; readonly last: number } {
  const [before, after] = [zone.offsetMs(shownMs - DAY_MS), zone.offsetMs(shownMs + DAY_MS)];
  const candidates = [shownMs - Math.max(before, after), shownMs - Math.min(before, after)] as const;
  const valid = candidates.filter((atMs) => clockAt(zone, atMs) === shownMs);
  const [first] = valid;
  if (first !== undefined) return { first, last: valid.at(-1) ?? first };
  const changed = changeBetween(zone, candidates[0], candidates[1]) ?? candidates[1];
  return { first: changed, last: changed };
}
