import type { Revision } from '../../snapshot/source.ts';
import type { CommitStatus, HostRequest, RepositoryLocation } from '../port/host-api.ts';
import { DESCRIPTION, shorten } from '../port/shorten.ts';
import { githubRequest, repositoryUrl } from './request.ts';

/**
 * `POST /repos/{owner}/{repo}/statuses/{sha}`: https://docs.github.com/en/rest/commits/statuses
 * @throws DeployError `config-invalid` when the full name is not `owner/name`
 */
export function statusRequest(
  { revision, ...at }: RepositoryLocation & { readonly revision: Revision },
  { state, context, description }: CommitStatus,
): HostRequest {
  const content = { state, context, description: shorten(description, DESCRIPTION) };
  return githubRequest('POST', `${repositoryUrl(at)}/statuses/${revision}`, content);
}
