import { createHash, randomBytes } from 'node:crypto';
import { isSameSecret } from '../../signing/hmac.ts';

/** One browser that opened an address with a token. */
export interface BrowserSession {
  /** Part of each form: a request without it does nothing. */
  readonly formToken: string;
}

export interface Sessions {
  /** The token that the next browser signs in with. */
  readonly token: () => string;
  /** Spends the token. Returns the value of the cookie; null: it is not the token. */
  signIn(given: string): string | null;
  find(cookie: string): BrowserSession | null;
}

/** A browser of each person who works here, and some that were forgotten. */
const SESSIONS = 32;
const IDLE_MS = 12 * 3_600_000;

/** Sessions live as long as this process. Each token is valid once, and `onSpent` is called with the next one. */
export function openSessions(nowMs: () => number, onSpent: (next: string) => void): Sessions {
  let token = secret();
  const known = new Map<string, { readonly session: BrowserSession; usedMs: number }>();

  return {
    token: () => token,
    signIn(given) {
      if (!isSameSecret(given, token)) return null;
      token = secret();
      const cookie = secret();
      known.set(digestOf(cookie), { session: { formToken: secret() }, usedMs: nowMs() });
      for (const key of [...known.keys()].slice(0, Math.max(0, known.size - SESSIONS))) known.delete(key);
      onSpent(token);
      return cookie;
    },
    find(cookie) {
      // Found by its digest, so the time that it takes says nothing about the cookie.
      const key = digestOf(cookie);
      const found = known.get(key);
      if (found === undefined) return null;
      if (nowMs() - found.usedMs > IDLE_MS) {
        known.delete(key);
        return null;
      }
      found.usedMs = nowMs();
      return found.session;
    },
  };
}

function secret(): string {
  return randomBytes(32).toString('base64url');
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
