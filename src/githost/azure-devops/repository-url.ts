import { DeployError } from '../../error/deploy-error.ts';
import type { RepositoryLocation } from '../port/host-api.ts';

/**
 * The organization or collection, which is the base of the API, and `project/repository`. Null when it is not a clone URL.
 *
 * - `https://dev.azure.com/acme/shop/_git/fleet`
 * - `https://acme.visualstudio.com/shop/_git/fleet`, older, also with `DefaultCollection/` before the project
 * - `https://tfs.example.com/tfs/Collection/shop/_git/fleet` on Azure DevOps Server
 * - without the project when the repository has its name: `https://dev.azure.com/acme/_git/shop`
 */
export function locationOf(url: URL): RepositoryLocation | null {
  const parts = url.pathname.split('/').filter((part) => part !== '');
  const at = parts.indexOf('_git');
  // `_full` and `_optimized` choose what a clone contains.
  const [name, ...others] = parts.slice(at + 1).filter((part) => part !== '_full' && part !== '_optimized');
  if (at === -1 || name === undefined || others.length > 0) return null;
  const before = parts.slice(0, at);
  const above = url.hostname.endsWith('.visualstudio.com')
    ? before.filter((part) => part !== 'DefaultCollection')
    : before;
  const collection = collectionDepth(url, above.length);
  if (above.length < collection || above.length > collection + 1) return null;
  const project = above[collection] ?? name;
  const fullName = [project, name.replace(/\.git$/, '')].map((part) => decode(part)).join('/');
  return { api: [url.origin, ...above.slice(0, collection)].join('/'), fullName };
}

/** How many parts of the path come before the project. Azure DevOps Server is usually below `/tfs`, and may be at the top. */
function collectionDepth({ hostname }: URL, count: number): number {
  if (hostname.endsWith('.visualstudio.com')) return 0;
  return hostname === 'dev.azure.com' ? 1 : Math.max(count - 1, 1);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * `https://dev.azure.com/acme/shop/_apis/git/repositories/fleet`
 * @throws DeployError `config-invalid` when the name could address something else
 */
export function repositoryUrl({ api, fullName }: RepositoryLocation): string {
  const parts = fullName.split('/');
  const [project = '', name = ''] = parts;
  if (parts.length !== 2 || !parts.every((part) => isName(part))) {
    throw new DeployError('config-invalid', {
      subject: fullName,
      message: 'not a valid Azure DevOps repository: expected project/repository',
      remedy: 'Fix url of the repository in headgate.yml, or set statuses: false.',
    });
  }
  return `${api}/${encodeURIComponent(project)}/_apis/git/repositories/${encodeURIComponent(name)}`;
}

/** Spaces and letters of every language are valid there. `.` and `..` would resolve to a different path of the API. */
function isName(part: string): boolean {
  return /^[\p{L}\p{M}\p{N} ._()&'!~@-]+$/u.test(part) && part.trim() !== '' && part !== '.' && part !== '..';
}
