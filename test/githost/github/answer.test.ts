import { describe, expect, it } from 'vitest';
import { github } from '../../../src/githost/github/host.ts';
import type { ApiAnswer } from '../../../src/githost/port/git-host.ts';

const DATE = 'Thu, 01 Jan 2026 00:00:00 GMT';
const RESET_S = Date.parse(DATE) / 1000;

function answer(status: number, headers: ApiAnswer['headers'] = {}, text = '{"message":"no"}'): ApiAnswer {
  return { status, headers, text };
}

function spent(resetS: number | string, date: string | undefined = DATE): ApiAnswer['headers'] {
  return { date, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(resetS) };
}

describe('the rate limit of an answer', () => {
  it.each([
    ['a 429', answer(429), null],
    ['a 403 with Retry-After', answer(403, { 'retry-after': '7' }), null],
    ['a 403 that names a secondary rate limit', answer(403, {}, 'You have exceeded a secondary rate limit'), null],
    ['a quota that resets in half a minute', answer(403, spent(RESET_S + 30)), 30_000],
    ['a quota that resets in half a minute, as a 429', answer(429, spent(RESET_S + 30)), 30_000],
    ['a quota that has just been reset', answer(403, spent(RESET_S)), 1_000],
    ['a 429 with a quota that resets at an unknown time', answer(429, spent('soon')), null],
  ])('is found in %s', (_name, limited, resetMs) => {
    expect(github.rateLimitOf(limited)).toEqual({ resetMs });
  });

  it.each([
    ['a missing permission', answer(403)],
    ['a missing permission while some quota is left', answer(403, { ...spent(1), 'x-ratelimit-remaining': '1' })],
    ['a wrong token', answer(401, spent(RESET_S + 30))],
    ['a status that was created', answer(201, spent(RESET_S + 30))],
    ['a server that fails', answer(502, { 'retry-after': '7' })],
  ])('is not found in %s', (_name, other) => {
    expect(github.rateLimitOf(other)).toBeNull();
  });
});

describe('the message of an error', () => {
  it.each([
    ['{"message": "Validation Failed", "errors": []}', 'Validation Failed'],
    ['{"message":"Bad credentials"}', 'Bad credentials'],
    ['<html>502</html>', null],
    ['', null],
  ])('of %s is %s', (text, message) => {
    expect(github.messageOf(text)).toBe(message);
  });
});

it('shows by a 422 that the credentials may write statuses', () => {
  expect([201, 401, 403, 404, 422, 500].filter((status) => github.showsStatusAccess(answer(status)))).toEqual([422]);
});
