import { DeployError } from '../../error/deploy-error.ts';
import { HEADERS } from './headers.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { HostRequest, CommitStatus } from '../port/host-api.ts';
import { shorten } from '../port/shorten.ts';

/** GitHub rejects a longer description (422). It counts characters; an emoji may count as two. */
const DESCRIPTION = { length: 140, lengthOf: (text: string) => text.length };

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
    url: `${api}/repos/${checkedName(fullName)}/statuses/${revision}`,
    headers: HEADERS,
    body: JSON.stringify({ state, context, description: shorten(description, DESCRIPTION) }),
  };
}

function checkedName(fullName: string): string {
  const parts = fullName.split('/');
  if (parts.length === 2 && parts.every(isName)) return fullName;
  throw new DeployError('config-invalid', {
    subject: fullName,
    message: 'not a valid GitHub repository: expected owner/name with letters, digits, ".", "_" and "-"',
    remedy: 'Fix url of the repository in headgate.yml, or set statuses: false.',
  });
}

/** `.` and `..` would resolve to a different path of the API. */
function isName(part: string): boolean {
  return /^[\w.-]+$/.test(part) && part !== '.' && part !== '..';
}
