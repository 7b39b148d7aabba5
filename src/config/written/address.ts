import type { Explanation } from '../../error/deploy-error.ts';

/** The address of a Git repository or an API. Messages never quote it: it may contain a password. */
export function parseAddress(text: string, { insecure }: { readonly insecure: boolean }): URL | Explanation {
  const url = URL.parse(text);
  if (url === null || url.host === '') {
    return {
      message: 'is not a valid URL',
      remedy: 'Write it as https://github.com/acme/fleet.git; SSH addresses are not supported.',
    };
  }
  if (url.username !== '' || url.password !== '') {
    return {
      message: 'contains a user or a password',
      remedy: 'Remove them, and add credentials: env:NAME.',
    };
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { message: 'must begin with https://', remedy: 'Use the https URL.' };
  }
  if (url.search !== '' || url.hash !== '') {
    return { message: 'has a query or a fragment', remedy: 'Remove the ? or # and what follows.' };
  }
  if (url.protocol === 'http:' && !insecure && !isLoopback(url.hostname)) {
    return { message: 'is not encrypted', remedy: 'Use https, or set insecure: true next to it.' };
  }
  return url;
}

/** `URL` normalizes every form of an IPv4 address to four numbers; `127.example.com` is an ordinary name. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

export function formatAddress(url: URL): string {
  return url.href.replace(/\/+$/, '');
}
