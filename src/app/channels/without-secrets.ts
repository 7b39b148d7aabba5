import type { Destination, Notice } from '../../channels/port.ts';

/** A shorter one would be found within ordinary words. */
const SHORTEST = 6;

/** What must not be in any text of a channel: its address, its key, and the parts of the address that are secret alone. */
export function secretsIn({ url, token }: Pick<Destination, 'url' | 'token'>): readonly string[] {
  const address = URL.parse(url);
  const parts =
    address === null ? [] : [address.password, decode(address.password), `${address.pathname}${address.search}`];
  const found = [url, token, ...parts].filter((secret) => secret.length >= SHORTEST);
  return [...new Set(found)].toSorted((a, b) => b.length - a.length);
}

export function maskSecrets(text: string, to: Pick<Destination, 'url' | 'token'>): string {
  return secretsIn(to).reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}

/** A manifest or a server may quote the address of the channel that reports it. */
export function withoutSecrets(notices: readonly Notice[], to: Destination): readonly Notice[] {
  const mask = (text: string) => maskSecrets(text, to);
  return notices.map((notice) => ({
    ...notice,
    text: mask(notice.text),
    details: notice.details.map(({ subject, message, remedy }) => ({
      subject: mask(subject),
      message: mask(message),
      remedy: mask(remedy),
    })),
  }));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
