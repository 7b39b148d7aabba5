import { checkedName } from '../port/full-name.ts';
import type { RepositoryLocation } from '../port/host-api.ts';

/** `~ann/fleet` is a repository of a user. */
export function repositoryUrl({ api, fullName }: RepositoryLocation): string {
  const named = checkedName(fullName.replace(/^~/, ''), { name: 'Bitbucket', hasSubgroups: false });
  const [, name = ''] = named.split('/');
  return `${api}/projects/${projectOf(fullName)}/repos/${name}`;
}

/** The page of a repository, which is not its clone URL. */
export function pageOf({ api, fullName }: RepositoryLocation): string {
  const [, name = ''] = fullName.split('/');
  return `${api.replace(/\/rest\/api\/.*$/, '')}/projects/${projectOf(fullName)}/repos/${name}`;
}

function projectOf(fullName: string): string {
  return fullName.split('/')[0] ?? '';
}
