import { checkedName } from '../port/full-name.ts';
import type { RepositoryLocation } from '../port/host-api.ts';

export function repositoryUrl({ api, fullName }: RepositoryLocation): string {
  return `${api}/repos/${checkedName(fullName, { name: 'Gitea', hasSubgroups: false })}`;
}
