/** The address of the next page in a Link header (RFC 8288); null: this is the last one. Registries write it relative. */
export function nextPageOf(header: string | undefined, url: URL): URL | null {
  for (const [, address = '', attributes = ''] of (header ?? '').matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (/;\s*rel\s*=\s*"?next"?/i.test(attributes)) return URL.parse(address, url.href);
  }
  return null;
}
