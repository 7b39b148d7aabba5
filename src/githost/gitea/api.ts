import type { HostApi } from '../port/host-api.ts';
import { messageOf } from '../rest/message.ts';
import { DESCRIPTION, shorten } from '../port/shorten.ts';
import { jsonRequest } from '../rest/json-request.ts';
import { rateLimitByStatus } from '../rest/rate-limit.ts';
import { repositoryUrl } from './repository-url.ts';

/** The API of Gitea and Forgejo: `/api/swagger` of every server. */
export const giteaApi: HostApi = {
  authorizationOf: (token) => `Bearer ${token}`,
  statusRequest: ({ revision, ...at }, { state, context, description }) =>
    jsonRequest('POST', `${repositoryUrl(at)}/statuses/${revision}`, {
      state,
      context,
      description: shorten(description, DESCRIPTION),
    }),
  isStatusSet: ({ status }) => status === 201,
  // Gitea limits nothing; a proxy in front of it may.
  rateLimitOf: rateLimitByStatus,
  messageOf,
  // Gitea 1.26 answers 500 for a commit that does not exist, after it has checked the token.
  showsStatusAccess: ({ status }) => status === 500,
  statusPermission: 'a token with the scope write:repository of a user who may write to the repository',
};
