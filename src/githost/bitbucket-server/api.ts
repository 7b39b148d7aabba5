import { buildStatus } from '../rest/build-status.ts';
import type { HostApi } from '../port/host-api.ts';
import { jsonRequest } from '../rest/json-request.ts';
import { messageOf } from '../rest/message.ts';
import { rateLimitByStatus } from '../rest/rate-limit.ts';
import { pageOf, repositoryUrl } from './repository-url.ts';

/** Needs Bitbucket 7.4: https://developer.atlassian.com/server/bitbucket/rest/latest/api-group-builds-and-deployments */
export const bitbucketServerApi: HostApi = {
  authorizationOf: (token) => `Bearer ${token}`,
  statusRequest: ({ revision, ...at }, status) => {
    const url = `${repositoryUrl(at)}/commits/${revision}/builds`;
    return jsonRequest('POST', url, buildStatus(status, `${pageOf(at)}/commits/${revision}`));
  },
  isStatusSet: ({ status }) => status === 204 || status === 201,
  rateLimitOf: rateLimitByStatus,
  messageOf,
  // A missing repository is a NoSuchRepositoryException.
  showsStatusAccess: ({ status, text }) => status === 404 && /NoSuchCommit/.test(text),
  statusPermission: 'an HTTP access token of the repository with the permission Repository read',
};
