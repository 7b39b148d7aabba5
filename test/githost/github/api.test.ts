import { describe, expect, it } from 'vitest';
import { DeployError } from '../../../src/error/deploy-error.ts';
import { githubApi } from '../../../src/githost/github/api.ts';
import { REVISION } from '../builders.ts';
import type { ApiAnswer } from '../../../src/githost/port/host-api.ts';

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
    expect(githubApi.rateLimitOf(limited)).toEqual({ resetMs });
  });

  it.each([
    ['a missing permission', answer(403)],
    ['a missing permission while some quota is left', answer(403, { ...spent(1), 'x-ratelimit-remaining': '1' })],
    ['a wrong token', answer(401, spent(RESET_S + 30))],
    ['a status that was created', answer(201, spent(RESET_S + 30))],
    ['a server that fails', answer(502, { 'retry-after': '7' })],
  ])('is not found in %s', (_name, other) => {
    expect(githubApi.rateLimitOf(other)).toBeNull();
  });
});

describe('the message of an error', () => {
  it.each([
    ['{"message": "Validation Failed", "errors": []}', 'Validation Failed'],
    ['{"message":"Bad credentials"}', 'Bad credentials'],
    ['<html>502</html>', null],
    ['', null],
  ])('of %s is %s', (text, message) => {
    expect(githubApi.messageOf(text)).toBe(message);
  });
});

it('a 422 of GitHub shows that the credentials may write statuses', () => {
  expect([201, 401, 403, 404, 422, 500].filter((status) => githubApi.showsStatusAccess(answer(status)))).toEqual([422]);
});

describe('the request to set a commit status', () => {
  const at = { api: 'https://api.github.com', fullName: 'acme/fleet', revision: REVISION };
  const status = { state: 'success', context: 'headgate/shop', description: '1 created' } as const;

  it('matches GitHub’s documentation', () => {
    const { method, url, body } = githubApi.statusRequest(at, status);
    expect({ method, url }).toEqual({
      method: 'POST',
      url: `https://api.github.com/repos/acme/fleet/statuses/${REVISION}`,
    });
    expect(JSON.parse(body ?? '')).toEqual(status);
  });

  it.each(['..', './fleet', 'acme/..', 'acme/a b', 'acme/fleet/x', 'acme', 'acme/', '/fleet', 'acme/%2e%2e', ''])(
    'is not built for the repository name "%s"',
    (fullName) => {
      expect(() => githubApi.statusRequest({ ...at, fullName }, status)).toThrow(DeployError);
    },
  );

  it.each([
    ['unchanged at 140 characters', 'x'.repeat(140), 'x'.repeat(140)],
    ['truncated with an ellipsis at 141 characters', 'x'.repeat(141), `${'x'.repeat(139)}…`],
    ['truncated without splitting a surrogate pair', `${'x'.repeat(138)}😀😀`, `${'x'.repeat(138)}…`],
    ['joined into one line', 'a\n  b', 'a b'],
  ])('has its description %s', (_name, description, sent) => {
    const { body } = githubApi.statusRequest(at, { ...status, description });
    expect(JSON.parse(body ?? '')).toMatchObject({ description: sent });
  });
});
