import { Cron } from 'croner';
import * as z from 'zod';
import { parseDuration } from '../written/duration.ts';
import { closed, pattern, text } from '../written/shape.ts';
import { isTimezone, parseSpan } from './window.ts';
import type { Span, Window } from './window.ts';

/* One entry of `windows` as people write it. */

const SPAN_REMEDY =
  'Write days and hours ("Mon-Fri 09:00-17:00"), an interval ("2026-12-20 00:00 / 2027-01-02 00:00"), or { cron: "0 9 * * 1-5", for: 8h }.';

export const cronSpan = closed({ cron: z.string(), for: z.string() });

const span = z.unknown().transform((value, context): Span => {
  const fail = (message: string, remedy: string) => {
    context.addIssue({ code: 'custom', message, params: { remedy } });
    return z.NEVER;
  };
  if (typeof value === 'string')
    return parseSpan(value) ?? fail('is neither days and hours nor an interval', SPAN_REMEDY);
  const { data } = cronSpan.safeParse(value);
  if (data === undefined) return fail('must be a string, or a map with cron and for', SPAN_REMEDY);
  if (!isCron(data.cron)) {
    return fail(
      'has a cron expression that is not valid',
      'Write minute, hour, day, month and day of week, such as "0 9 * * 1-5".',
    );
  }
  const forMs = parseDuration(data.for);
  return forMs === null || forMs < 60_000
    ? fail('has a duration that is not valid', 'Write for: 8h, for example, between one minute and seven days.')
    : { kind: 'cron', cron: data.cron, forMs };
});

/** Five fields, because windows have no seconds. A time that never comes, such as February 30, is not valid. */
function isCron(expression: string): boolean {
  if (expression.trim().split(/\s+/).length !== 5) return false;
  try {
    return new Cron(expression, { timezone: 'UTC', paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}

export const window = closed({
  allow: span.optional(),
  deny: span.optional(),
  timezone: text(
    (name) => (isTimezone(name) ? null : 'is not a known time zone'),
    'Write an IANA time zone, such as Europe/Berlin or UTC.',
  ),
  reason: pattern(/^[^\n]{1,200}$/, 'is empty or too long', 'Write up to 200 characters, or remove it.').optional(),
}).transform(({ allow, deny, timezone, reason }, context): Window => {
  const found = allow ?? deny;
  if (found === undefined || (allow !== undefined && deny !== undefined)) {
    const remedy = 'Write one of allow and deny in each entry.';
    context.addIssue({ code: 'custom', message: 'must have either allow or deny', params: { remedy } });
    return z.NEVER;
  }
  return { effect: allow === undefined ? 'deny' : 'allow', span: found, timezone, reason: reason ?? null };
});

export const windows = z.array(window);
