import { checkedName } from '../port/full-name.ts';
import type { RepositoryLocation } from '../port/host-api.ts';

export function repositoryUrl({ api, fullName }: RepositoryLocation): string {
  return `${api}/repositories/${checkedName(fullName, { name: 'Bitbucket', hasSubgroups: false })}`;
}
