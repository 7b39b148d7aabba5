import { describe, expect, it } from 'vitest';
import { configOf, errorsOf, withTarget } from './builders.ts';

const windowsOf = (lines: string) => configOf(withTarget(`windows: [${lines}]`)).targets[0]?.windows;
const all = [0, 1, 2, 3, 4, 5, 6];
const REMEDY =
  'Write days and hours ("Mon-Fri 09:00-17:00"), an interval ("2026-12-20 00:00 / 2027-01-02 00:00"), or { cron: "0 9 * * 1-5", for: 8h }.';

describe('the windows of a target', () => {
  it.each([
    ['Mon-Fri 09:00-17:00', [0, 1, 2, 3, 4], [[540, 1020]]],
    ['sat,SUN', [5, 6], [[0, 1440]]],
    ['Fri-Mon 22:00-06:00', [0, 4, 5, 6], [[1320, 360]]],
    [
      '09:00-12:00,13:00-24:00',
      all,
      [
        [540, 720],
        [780, 1440],
      ],
    ],
  ])('may be days and hours: %s', (text, days, hours) => {
    expect(windowsOf(`{ allow: "${text}", timezone: Europe/Berlin }`)).toEqual([
      {
        effect: 'allow',
        span: { kind: 'weekly', days, hours: hours.map(([from, until]) => ({ from, until })) },
        timezone: 'Europe/Berlin',
        reason: null,
      },
    ]);
  });

  it('may be an interval, or a cron expression with a duration', () => {
    expect(
      windowsOf(
        '{ deny: "2026-12-20 00:00 / 2027-01-02 00:00", timezone: UTC, reason: holiday freeze }, { allow: { cron: "0 9 * * 1-5", for: 8h }, timezone: America/New_York }',
      ),
    ).toEqual([
      {
        effect: 'deny',
        span: { kind: 'interval', from: '2026-12-20T00:00', until: '2027-01-02T00:00' },
        timezone: 'UTC',
        reason: 'holiday freeze',
      },
      {
        effect: 'allow',
        span: { kind: 'cron', cron: '0 9 * * 1-5', forMs: 8 * 3_600_000 },
        timezone: 'America/New_York',
        reason: null,
      },
    ]);
  });

  it.each([
    'Mon-Fry 09:00-17:00',
    'Mon 9-17',
    'Mon 09:00-09:00',
    '24:00-09:00',
    '09:60-10:00',
    'Mon 09:00-17:00 UTC',
    '',
    '2026-12-20 / 2027-01-02',
    '2027-01-02 00:00 / 2026-12-20 00:00',
    '2026-02-30 00:00 / 2026-12-20 00:00',
  ])('are refused when they are neither: %j', (text) => {
    expect(errorsOf(withTarget(`windows: [{ allow: "${text}", timezone: UTC }]`))).toEqual([
      `headgate.yml:15 windows[0].allow of target shop-prod is neither days and hours nor an interval | ${REMEDY}`,
    ]);
  });

  it.each([
    [
      '{ allow: { cron: "0 9 * * 1-5" }, timezone: UTC }',
      'windows[0].allow of target shop-prod must be a string, or a map with cron and for',
    ],
    ['{ allow: { cron: "0 0 9 * * *", for: 8h }, timezone: UTC }', 'has a cron expression that is not valid'],
    ['{ allow: { cron: "0 9 30 2 *", for: 8h }, timezone: UTC }', 'has a cron expression that is not valid'],
    ['{ allow: { cron: "0 9 * * *", for: 30s }, timezone: UTC }', 'has a duration that is not valid'],
    ['{ allow: "Mon", timezone: Mars/Olympus }', 'windows[0].timezone of target shop-prod is not a known time zone'],
    ['{ allow: "Mon", timezone: "+01:00" }', 'is not a known time zone'],
    ['{ allow: "Mon" }', 'windows[0].timezone of target shop-prod is missing'],
    ['{ allow: "Mon", deny: "Tue", timezone: UTC }', 'windows[0] of target shop-prod must have either allow or deny'],
    ['{ timezone: UTC }', 'must have either allow or deny'],
    ['{ allow: "Mon", timezone: UTC, zone: x }', 'windows[0].zone of target shop-prod is not a known key'],
  ])('are refused with line and remedy: %s', (entry, message) => {
    const errors = errorsOf(withTarget(`windows: [${entry}]`));
    expect(errors).toEqual([expect.stringMatching(/^headgate\.yml:15 .* \| [A-Z].*\.$|^headgate\.yml:15 .*\?$/)]);
    expect(errors[0]).toContain(message);
  });
});
