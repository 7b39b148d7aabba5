import type { IncomingMessage } from 'node:http';

/** A request that may be answered. */
export interface Admitted {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly path: string;
  readonly parameters: URLSearchParams;
  /** The value of this listener's cookie; empty: there is none. */
  readonly cookie: string;
}

export interface Refused {
  readonly status: number;
  readonly text: string;
}

/**
 * For every response. Nothing is loaded from elsewhere, nothing in a page can run or send a form elsewhere, and no other
 * page may frame it, include it or keep a handle on its window.
 */
export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // `no-referrer` would make browsers send `Origin: null` with our own forms.
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/** A form is a few short fields. */
const FORM_BYTES = 16_384;

/**
 * Decides by the head of a request. The host was checked: it is this machine. A page of another port of this machine is the
 * same site for cookies, so the origin and what browsers say about the initiator decide.
 */
export function admit({ method = '', url = '', headers }: IncomingMessage, port: number): Admitted | Refused {
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return { status: 405, text: 'not allowed' };
  if (!/^\/(?!\/)[!-~]{0,2000}$/.test(url)) return { status: 400, text: 'not an address of this page' };
  const own = `http://${headers.host ?? ''}`;
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const isOwn = origin === undefined ? method !== 'POST' : origin === own;
  const isNavigation = method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && origin === undefined;
  const isInitiatedHere = site === undefined || site === 'same-origin' || site === 'none';
  if (!isOwn || (!isInitiatedHere && !isNavigation)) return { status: 403, text: 'from another origin' };
  const { pathname, searchParams } = new URL(url, own);
  return { method, path: pathname, parameters: searchParams, cookie: cookieOf(headers.cookie ?? '', port) };
}

/** Cookies ignore ports, so the name has the port. */
export function cookieName(port: number): string {
  return `headgate-${port}`;
}

function cookieOf(header: string, port: number): string {
  const name = `${cookieName(port)}=`;
  const found = header.split(/; ?/).filter((each) => each.startsWith(name));
  // If there are two, another program on this machine has set one.
  return found.length === 1 ? (found[0]?.slice(name.length) ?? '') : '';
}

/** The fields of a form; null: it is none, or too long. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > FORM_BYTES) return null;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString());
}
