import { checkedName } from '../port/full-name.ts';
import type { HostRequest, RepositoryLocation } from '../port/host-api.ts';

export function repositoryUrl({ api, fullName }: RepositoryLocation): string {
  return `${api}/repos/${checkedName(fullName, { name: 'Gitea', hasSubgroups: false })}`;
}

export function giteaRequest(method: HostRequest['method'], url: string, content?: object): HostRequest {
  return {
    method,
    url,
    headers: { accept: 'application/json', 'content-type': 'application/json', 'user-agent': 'headgate/1.0' },
    body: content === undefined ? null : JSON.stringify(content),
  };
}
