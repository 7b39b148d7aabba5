import { HEADERS } from './headers.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { HostRequest, CommitStatus } from '../port/host-api.ts';
import { checkedName } from '../port/full-name.ts';
import { DESCRIPTION, shorten } from '../port/shorten.ts';

/**
 * `POST /repos/{owner}/{repo}/statuses/{sha}`: https://docs.github.com/en/rest/commits/statuses
 * @throws DeployError `config-invalid` when the full name is not `owner/name`
 */
export function statusRequest(
  { api, fullName, revision }: { api: string; fullName: string; revision: Revision },
  { state, context, description }: CommitStatus,
): HostRequest {
  return {
    method: 'POST',
    url: `${api}/repos/${checkedName(fullName, { name: 'GitHub', hasSubgroups: false })}/statuses/${revision}`,
    headers: HEADERS,
    body: JSON.stringify({ state, context, description: shorten(description, DESCRIPTION) }),
  };
}
