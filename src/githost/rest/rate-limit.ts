import type { ApiAnswer, RateLimit } from '../port/host-api.ts';

/** Of a host that says 429, and not until when. */
export function rateLimitByStatus({ status }: ApiAnswer): RateLimit | null {
  return status === 429 ? { resetMs: null } : null;
}
