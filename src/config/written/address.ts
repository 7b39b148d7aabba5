/** What is wrong with an address, as the end of a sentence that begins with its key. Never quotes it: it may hold a password. */
export interface AddressMistake {
  readonly message: string;
  readonly remedy: string;
}

/** An address of a Git repository or an API, without its trailing slash. */
export function parseAddress(text: string, { insecure }: { readonly insecure: boolean }): URL | AddressMistake {
  const url = URL.parse(text);
  if (url === null || url.host === '') {
    return {
      message: 'is no address',
      remedy: 'Write it as https://github.com/acme/fleet.git; SSH addresses are not supported.',
    };
  }
  if (url.username !== '' || url.password !== '') {
    return {
      message: 'contains a user or a password',
      remedy: 'Take them out and give credentials: env:NAME instead.',
    };
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { message: 'begins with another protocol than https', remedy: 'Use the https address.' };
  }
  if (url.search !== '' || url.hash !== '') {
    return { message: 'has a query or a fragment', remedy: 'Remove what follows the ? or #.' };
  }
  if (url.protocol === 'http:' && !insecure && !isLoopback(url.hostname)) {
    return { message: 'is not encrypted', remedy: 'Use https, or set insecure: true beside it if you must.' };
  }
  return url;
}

/** `URL` writes every form of an IPv4 address as four numbers; `127.example.com` is a name like any other. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

export function formatAddress(url: URL): string {
  return url.href.replace(/\/+$/, '');
}

/** `acme/fleet` of `https://github.com/acme/fleet.git`; null when the path has fewer than two parts. */
export function fullNameOf(url: URL): string | null {
  const [owner, name] = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .slice(-2);
  const bare = name?.replace(/\.git$/, '') ?? '';
  return owner === undefined || bare === '' ? null : `${decode(owner)}/${decode(bare)}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** GitHub's own API has a host of its own; GitHub Enterprise Server serves it below its web address. */
export function defaultApi(url: URL): string {
  return url.host === 'github.com' ? 'https://api.github.com' : `${url.origin}/api/v3`;
}
