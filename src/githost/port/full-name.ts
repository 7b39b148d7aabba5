/** Of a host whose repositories are `owner/name`: `acme/fleet` of `https://github.com/acme/fleet.git`; null when the path has fewer than two parts. */
export function ownerAndName(url: URL): string | null {
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
