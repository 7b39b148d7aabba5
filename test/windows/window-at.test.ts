import { describe, expect, it } from 'vitest';
import type { Window } from '../../src/config/windows/window.ts';
import { parseSpan } from '../../src/config/windows/window.ts';
import { describeClosed } from '../../src/windows/describe.ts';
import { isOpenAt, windowAt } from '../../src/windows/window-at.ts';
import { isOpenByBruteForce } from './brute-force.ts';
import type { Clocks } from './brute-force.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

function aWindow(
  effect: 'allow' | 'deny',
  span: string | { cron: string; for: number },
  timezone = 'UTC',
  reason: string | null = null,
): Window {
  const parsed =
    typeof span === 'string' ? parseSpan(span) : ({ kind: 'cron', cron: span.cron, forMs: span.for } as const);
  if (parsed === null) throw new Error(`not a window: ${JSON.stringify(span)}`);
  return { effect, span: parsed, timezone, reason };
}

const stateAt = (windows: readonly Window[], time: string) => {
  const { kind, untilMs } = windowAt(windows, Date.parse(time));
  expect(isOpenAt(windows, Date.parse(time))).toBe(kind === 'open');
  return `${kind} until ${untilMs === null ? 'forever' : new Date(untilMs).toISOString()}`;
};

describe('a target with windows', () => {
  const office = [aWindow('allow', 'Mon-Fri 09:00-17:00')];

  it.each([
    ['2026-11-30T08:59:59.999Z', 'closed until 2026-11-30T09:00:00.000Z'],
    ['2026-11-30T09:00:00.000Z', 'open until 2026-11-30T17:00:00.000Z'],
    ['2026-11-30T16:59:59.999Z', 'open until 2026-11-30T17:00:00.000Z'],
    ['2026-11-30T17:00:00.000Z', 'closed until 2026-12-01T09:00:00.000Z'],
    ['2026-11-28T12:00:00.000Z', 'closed until 2026-11-30T09:00:00.000Z'],
  ])('may deploy within days and hours: at %s it is %s', (time, expected) => {
    expect(stateAt(office, time)).toBe(expected);
  });

  it('may always deploy without windows, and without an allow', () => {
    expect(stateAt([], '2026-11-28T12:00:00Z')).toBe('open until forever');
    const freeze = [aWindow('deny', '2026-12-20 00:00 / 2027-01-02 00:00')];
    expect(stateAt(freeze, '2026-11-28T12:00:00Z')).toBe('open until 2026-12-20T00:00:00.000Z');
    expect(stateAt(freeze, '2026-12-24T12:00:00Z')).toBe('closed until 2027-01-02T00:00:00.000Z');
    expect(stateAt(freeze, '2027-01-02T00:00:00Z')).toBe('open until forever');
  });

  it('may deploy in any of several allows, and at no time that is denied', () => {
    const windows = [
      ...office,
      aWindow('allow', 'Mon 16:00-19:00'),
      aWindow('deny', 'Mon 12:00-13:00'),
      aWindow('deny', { cron: '0 18 * * 1', for: 15 * MINUTE_MS }),
    ];
    expect(stateAt(windows, '2026-11-30T11:00:00Z')).toBe('open until 2026-11-30T12:00:00.000Z');
    expect(stateAt(windows, '2026-11-30T12:30:00Z')).toBe('closed until 2026-11-30T13:00:00.000Z');
    expect(stateAt(windows, '2026-11-30T16:30:00Z')).toBe('open until 2026-11-30T18:00:00.000Z');
    expect(stateAt(windows, '2026-11-30T18:05:00Z')).toBe('closed until 2026-11-30T18:15:00.000Z');
    expect(stateAt(windows, '2026-11-30T18:15:00Z')).toBe('open until 2026-11-30T19:00:00.000Z');
  });

  it('opens after the last of several denies that follow each other', () => {
    const windows = [
      aWindow('deny', '2026-12-01 00:00 / 2026-12-02 00:00'),
      aWindow('deny', '2026-12-02 00:00 / 2026-12-05 00:00'),
    ];
    expect(stateAt(windows, '2026-12-01T12:00:00Z')).toBe('closed until 2026-12-05T00:00:00.000Z');
  });

  it('reads hours that pass midnight as those of the day on which they begin', () => {
    const night = [aWindow('allow', 'Fri 22:00-06:00')];
    expect(stateAt(night, '2026-11-27T23:00:00Z')).toBe('open until 2026-11-28T06:00:00.000Z');
    expect(stateAt(night, '2026-11-28T05:59:00Z')).toBe('open until 2026-11-28T06:00:00.000Z');
    expect(stateAt(night, '2026-11-27T05:00:00Z')).toBe('closed until 2026-11-27T22:00:00.000Z');
  });

  it('never opens by an allow that is over', () => {
    expect(stateAt([aWindow('allow', '2026-01-01 00:00 / 2026-01-02 00:00')], '2026-11-28T00:00:00Z')).toBe(
      'closed until forever',
    );
  });

  it('stays open while a time that begins again is not over', () => {
    expect(stateAt([aWindow('allow', { cron: '* * * * *', for: 8 * 60 * MINUTE_MS })], '2026-11-28T00:00:30Z')).toBe(
      'open until forever',
    );
  });
});

describe('when clocks change', () => {
  it.each([
    [
      'a time that Berlin skips begins at the change',
      'deny',
      '2026-03-29 02:30 / 2026-03-29 04:00',
      'Europe/Berlin',
      '2026-03-29T01:00:00.000Z',
      '2026-03-29T02:00:00.000Z',
    ],
    [
      'a time that Berlin has twice begins with the first',
      'deny',
      '2026-10-25 02:30 / 2026-10-25 04:00',
      'Europe/Berlin',
      '2026-10-25T00:30:00.000Z',
      '2026-10-25T03:00:00.000Z',
    ],
    [
      'a time that Berlin has twice ends with the second',
      'deny',
      '2026-10-24 00:00 / 2026-10-25 02:30',
      'Europe/Berlin',
      '2026-10-23T22:00:00.000Z',
      '2026-10-25T01:30:00.000Z',
    ],
    [
      'half an hour that Lord Howe skips begins at the change',
      'deny',
      '2026-10-04 02:15 / 2026-10-05 00:00',
      'Australia/Lord_Howe',
      '2026-10-03T15:30:00.000Z',
      '2026-10-04T13:00:00.000Z',
    ],
    [
      'half an hour that Lord Howe has twice',
      'deny',
      '2026-04-05 01:45 / 2026-04-05 01:50',
      'Australia/Lord_Howe',
      '2026-04-04T14:45:00.000Z',
      '2026-04-04T15:20:00.000Z',
    ],
  ] as const)('%s', (_title, effect, span, zone, from, until) => {
    const windows = [aWindow(effect, span, zone)];
    const before = Date.parse(from) - 1;
    expect(windowAt(windows, before)).toMatchObject({ kind: 'open', untilMs: Date.parse(from) });
    expect(windowAt(windows, Date.parse(from))).toMatchObject({ kind: 'closed', untilMs: Date.parse(until) });
    expect(windowAt(windows, Date.parse(until)).kind).toBe('open');
  });

  it('follows the clock on the wall for days and hours, also through an hour that comes twice', () => {
    const windows = [aWindow('allow', '01:30-02:30', 'Europe/Berlin')];
    expect(stateAt(windows, '2026-10-24T23:30:00Z')).toBe('open until 2026-10-25T00:30:00.000Z');
    // 02:30 summer time; the clock shows 02:00 again half an hour later.
    expect(stateAt(windows, '2026-10-25T00:30:00Z')).toBe('closed until 2026-10-25T01:00:00.000Z');
    expect(stateAt(windows, '2026-10-25T01:00:00Z')).toBe('open until 2026-10-25T01:30:00.000Z');
    // 02:00 to 02:30 is skipped.
    expect(stateAt(windows, '2026-03-29T00:45:00Z')).toBe('open until 2026-03-29T01:00:00.000Z');
  });
});

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'UTC',
  'Asia/Kathmandu',
  'Africa/Casablanca',
];
const SETS: readonly (readonly [name: string, windows: (zone: string) => readonly Window[]])[] = [
  ['office hours', (zone) => [aWindow('allow', 'Mon-Fri 09:00-17:00', zone)]],
  ['nights', (zone) => [aWindow('allow', 'Fri,Sat,Sun 22:00-03:15', zone), aWindow('deny', '01:45-02:30', zone)]],
  ['cron', (zone) => [aWindow('allow', { cron: '30 2 * * 0,6', for: 90 * MINUTE_MS }, zone)]],
  ['cron that begins often', (zone) => [aWindow('allow', { cron: '*/20 1-3 * * *', for: 10 * MINUTE_MS }, zone)]],
  [
    'everything',
    (zone) => [
      aWindow('allow', 'Mon-Fri 09:00-17:00', zone),
      aWindow('allow', { cron: '0 1 * * *', for: 120 * MINUTE_MS }, zone),
      aWindow('deny', '2026-10-24 02:30 / 2026-10-26 02:30', zone),
      aWindow('deny', '2027-03-14 02:30 / 2027-03-28 02:30', 'America/New_York'),
      aWindow('deny', 'Sun 01:15-02:45', zone),
    ],
  ],
];

/** The days of every change of the clocks in three years, in any of the zones. */
const CHANGES = [
  '2025-03-09 2025-03-30 2025-04-06 2025-10-05 2025-10-26 2025-11-02',
  '2026-03-08 2026-03-29 2026-04-05 2026-10-04 2026-10-25 2026-11-01',
  '2027-03-14 2027-03-28 2027-04-04 2027-10-03 2027-10-31 2027-11-07',
].flatMap((days) => days.split(' '));

describe('against a second implementation, minute by minute around the changes of three years', () => {
  const clocks: Clocks = new Map();
  for (const zone of ZONES) {
    it.each(SETS)(`is open at the same minutes in ${zone}: %s`, (_name, windowsIn) => {
      const windows = windowsIn(zone);
      expect(CHANGES.flatMap((day) => differences(windows, day, clocks))).toEqual([]);
    });
  }
});

/** The minutes at which the two disagree. */
function differences(windows: readonly Window[], day: string, clocks: Clocks): readonly string[] {
  const reference = isOpenByBruteForce(windows, clocks);
  const startMs = Date.parse(`${day}T00:00:00Z`) - DAY_MS / 2;
  const found: string[] = [];
  let state = windowAt(windows, startMs);
  for (let atMs = startMs; atMs < startMs + 2 * DAY_MS; atMs += MINUTE_MS) {
    if (state.untilMs !== null && atMs >= state.untilMs) state = windowAt(windows, state.untilMs);
    if ((state.kind === 'open') !== reference(atMs)) found.push(`${new Date(atMs).toISOString()} ${state.kind}`);
  }
  return found;
}

describe('the reason while a window is closed', () => {
  const at = Date.parse('2026-11-28T12:00:00Z');
  const text = (windows: readonly Window[], nowMs = at) => {
    const state = windowAt(windows, nowMs);
    return state.kind === 'open' ? 'open' : describeClosed(state, nowMs);
  };

  it.each([
    ['Europe/Berlin', 'waits for the window, opens Mon 09:00 CET: office hours'],
    ['America/New_York', 'waits for the window, opens Mon 09:00 EST: office hours'],
    ['UTC', 'waits for the window, opens Mon 09:00 UTC: office hours'],
    ['Asia/Kathmandu', 'waits for the window, opens Mon 09:00 GMT+5:45: office hours'],
    ['Australia/Sydney', 'waits for the window, opens Mon 09:00 AEDT: office hours'],
  ])('names day, time and zone in %s', (zone, expected) => {
    expect(text([aWindow('allow', 'Mon-Fri 09:00-17:00', zone, 'office hours')])).toBe(expected);
  });

  it('names the date when it is not this week, and the year when it is another one', () => {
    const freeze = [aWindow('deny', '2026-11-20 00:00 / 2027-01-02 00:00', 'Europe/Berlin', 'holiday freeze')];
    expect(text(freeze)).toBe('waits for the window, opens Jan 2, 2027 00:00 CET: holiday freeze');
    expect(text([aWindow('deny', '2026-11-20 00:00 / 2026-12-24 18:00', 'UTC')])).toBe(
      'waits for the window, opens Dec 24 18:00 UTC',
    );
    expect(text([aWindow('allow', '2026-01-01 00:00 / 2026-01-02 00:00')])).toBe(
      'waits for the window, which does not open within two years',
    );
  });

  it('gives the reason of what keeps it closed until then', () => {
    const windows = [
      aWindow('allow', 'Mon-Fri 09:00-17:00', 'UTC', 'office hours'),
      aWindow('deny', '2026-11-28 00:00 / 2026-11-30 12:00', 'Europe/Berlin', 'release party'),
    ];
    expect(text(windows)).toBe('waits for the window, opens Mon 12:00 CET: release party');
  });

  it('says the same until it opens, so that it is reported once', () => {
    const windows = [aWindow('allow', 'Mon-Fri 09:00-17:00', 'Europe/Berlin')];
    const found = new Set(Array.from({ length: 44 }, (_, hour) => text(windows, at + hour * 3_600_000)));
    expect([...found]).toEqual(['waits for the window, opens Mon 09:00 CET']);
  });
});
