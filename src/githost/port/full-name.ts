import { DeployError } from '../../error/deploy-error.ts';

/** Of a host whose repositories are `owner/name`: `acme/fleet` of `https://github.com/acme/fleet.git`; null when the path has fewer than two parts. */
export function ownerAndName(url: URL): string | null {
  return fullNameOf(partsOf(url).slice(-2));
}

/** Of a host with groups in groups, the whole path: `acme/platform/fleet`. */
export function wholePath(url: URL): string | null {
  return fullNameOf(partsOf(url));
}

/** `https://github.com/acme/fleet` of its clone URL. */
export function webAddress({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/+$/, '').replace(/\.git$/, '')}`;
}

function partsOf({ pathname }: URL): readonly string[] {
  return pathname.split('/').filter((part) => part !== '');
}

function fullNameOf(parts: readonly string[]): string | null {
  const named = parts.map((part, index) => decode(index === parts.length - 1 ? part.replace(/\.git$/, '') : part));
  return named.length < 2 || named.at(-1) === '' ? null : named.join('/');
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * The name, for the path of a request.
 * @throws DeployError `config-invalid` when it could address something else
 */
export function checkedName(fullName: string, host: { readonly name: string; readonly hasSubgroups: boolean }): string {
  const parts = fullName.split('/');
  const isDeep = host.hasSubgroups ? parts.length >= 2 : parts.length === 2;
  if (isDeep && parts.every((part) => isName(part))) return fullName;
  const shape = host.hasSubgroups ? 'group/name' : 'owner/name';
  throw new DeployError('config-invalid', {
    subject: fullName,
    message: `not a valid ${host.name} repository: expected ${shape} with letters, digits, ".", "_" and "-"`,
    remedy: 'Fix url of the repository in headgate.yml, or set statuses: false.',
  });
}

/** `.` and `..` would resolve to a different path of the API. */
function isName(part: string): boolean {
  return /^[\w.-]+$/.test(part) && part !== '.' && part !== '..';
}
