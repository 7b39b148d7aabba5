import { messageOf } from '../rest/message.ts';
import { statusRequest } from './status.ts';
import type { ApiAnswer, RateLimit, HostApi } from '../port/host-api.ts';

/** The REST API of GitHub.com and GitHub Enterprise Server. */
export const githubApi: HostApi = {
  authorizationOf: (token) => `Bearer ${token}`,
  statusRequest,
  isStatusSet: ({ status }) => status === 201,
  rateLimitOf,
  messageOf,
  showsStatusAccess: ({ status }) => status === 422,
  statusPermission: 'fine-grained tokens and Apps: Commit statuses, read and write; classic tokens: repo:status',
};

/** The secondary rate limit is a 403 or a 429: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
function rateLimitOf({ status, headers, text }: ApiAnswer): RateLimit | null {
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
