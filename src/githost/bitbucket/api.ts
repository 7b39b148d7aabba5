import { buildStatus } from '../rest/build-status.ts';
import type { HostApi } from '../port/host-api.ts';
import { jsonRequest } from '../rest/json-request.ts';
import { messageOf } from '../rest/message.ts';
import { rateLimitByStatus } from '../rest/rate-limit.ts';
import { repositoryUrl } from './repository-url.ts';

/** https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses */
export const bitbucketApi: HostApi = {
  authorizationOf: (token) => `Bearer ${token}`,
  statusRequest: ({ revision, ...at }, status) => {
    const page = `https://bitbucket.org/${at.fullName}/commits/${revision}`;
    return jsonRequest('POST', `${repositoryUrl(at)}/commit/${revision}/statuses/build`, buildStatus(status, page));
  },
  isStatusSet: ({ status }) => status === 201,
  // A quota per hour: Bitbucket does not say when it is full again.
  rateLimitOf: rateLimitByStatus,
  messageOf,
  // `Resource not found` is the answer about the repository, which the credentials may not see.
  showsStatusAccess: ({ status, text }) => status === 404 && /commit/i.test(text),
  statusPermission: 'an access token of the repository with the permission Repositories: Read and Write',
};
