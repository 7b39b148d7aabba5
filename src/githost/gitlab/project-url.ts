import { checkedName } from '../port/full-name.ts';
import type { RepositoryLocation } from '../port/host-api.ts';

/** A project is addressed by its encoded path: https://docs.gitlab.com/api/rest/#namespaced-paths */
export function projectUrl({ api, fullName }: RepositoryLocation): string {
  return `${api}/projects/${encodeURIComponent(checkedName(fullName, { name: 'GitLab', hasSubgroups: true }))}`;
}
