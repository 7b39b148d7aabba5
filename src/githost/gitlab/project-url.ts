import { checkedName } from '../port/full-name.ts';
import type { HostRequest, RepositoryLocation } from '../port/host-api.ts';

/** A project is addressed by its encoded path: https://docs.gitlab.com/api/rest/#namespaced-paths */
export function projectUrl({ api, fullName }: RepositoryLocation): string {
  return `${api}/projects/${encodeURIComponent(checkedName(fullName, { name: 'GitLab', hasSubgroups: true }))}`;
}

export function gitlabRequest(method: HostRequest['method'], url: string, content?: object): HostRequest {
  return {
    method,
    url,
    headers: { accept: 'application/json', 'content-type': 'application/json', 'user-agent': 'headgate/1.0' },
    body: content === undefined ? null : JSON.stringify(content),
  };
}
