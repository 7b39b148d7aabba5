import type { CommitStatus, HostApi } from '../port/host-api.ts';
import { jsonRequest } from '../rest/json-request.ts';
import { messageOf } from '../rest/message.ts';
import { DESCRIPTION, shorten } from '../port/shorten.ts';
import { rateLimitByStatus } from '../rest/rate-limit.ts';
import { repositoryUrl } from './repository-url.ts';

const STATES: Readonly<Record<CommitStatus['state'], string>> = {
  pending: 'pending',
  success: 'succeeded',
  failure: 'failed',
  error: 'error',
};

/** https://learn.microsoft.com/en-us/rest/api/azure/devops/git/statuses/create */
export const azureDevopsApi: HostApi = {
  // The user may be empty.
  authorizationOf: (token) => `Basic ${Buffer.from(`:${token}`).toString('base64')}`,
  statusRequest: ({ revision, ...at }, { state, context, description }) =>
    jsonRequest('POST', `${repositoryUrl(at)}/commits/${revision}/statuses?api-version=7.0`, {
      state: STATES[state],
      description: shorten(description, DESCRIPTION),
      context: contextOf(context),
    }),
  // A token that is invalid or has expired may get a sign-in page: 203, or a redirect.
  isStatusSet: ({ status }) => status === 201,
  rateLimitOf: rateLimitByStatus,
  messageOf,
  // TF401175 is about the commit. TF401019 is about the repository, which the credentials may not see.
  showsStatusAccess: ({ status, text }) => status === 404 && !text.includes('TF401019'),
  statusPermission: 'a personal access token with the scope Code (status)',
};

/** It shows `genre/name`, and a later status with both replaces an earlier one. */
function contextOf(context: string) {
  const at = context.lastIndexOf('/');
  return { genre: context.slice(0, Math.max(at, 0)), name: context.slice(at + 1) };
}
