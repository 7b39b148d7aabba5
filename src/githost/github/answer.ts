import type { ApiAnswer, RateLimit } from '../port/git-host.ts';

/** The secondary rate limit is a 403 or a 429: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
export function rateLimitOf({ status, headers, text }: ApiAnswer): RateLimit | null {
  const resetMs = resetMsOf(headers);
  if (status === 429) return { resetMs };
  const isLimit = resetMs !== null || headers['retry-after'] !== undefined || /rate limit/i.test(text);
  return status === 403 && isLimit ? { resetMs } : null;
}

/** Null unless the primary quota is spent. */
function resetMsOf(headers: ApiAnswer['headers']): number | null {
  if (headers['x-ratelimit-remaining'] !== '0') return null;
  const resetMs = Number(headers['x-ratelimit-reset']) * 1000 - Date.parse(String(headers['date']));
  return Number.isFinite(resetMs) ? Math.max(resetMs, 1_000) : null;
}

/** `Validation Failed`, from `{"message": …}`. */
export function messageOf(text: string): string | null {
  return /"message"\s*:\s*"([^"\\]{1,200})/.exec(text)?.[1] ?? null;
}
