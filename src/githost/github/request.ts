import { checkedName } from '../port/full-name.ts';
import type { HostRequest, RepositoryLocation } from '../port/host-api.ts';
import { HEADERS } from './headers.ts';

export function githubRequest(method: HostRequest['method'], url: string, content?: object): HostRequest {
  return { method, url, headers: HEADERS, body: content === undefined ? null : JSON.stringify(content) };
}

/** @throws DeployError `config-invalid` when the full name is not `owner/name` */
export function repositoryUrl({ api, fullName }: RepositoryLocation): string {
  return `${api}/repos/${checkedName(fullName, { name: 'GitHub', hasSubgroups: false })}`;
}
