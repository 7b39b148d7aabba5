import type { CommitStatus, HostApi } from '../port/host-api.ts';
import { messageOf } from '../rest/message.ts';
import { DESCRIPTION, shorten } from '../port/shorten.ts';
import { jsonRequest } from '../rest/json-request.ts';
import { rateLimitByStatus } from '../rest/rate-limit.ts';
import { projectUrl } from './project-url.ts';

/** GitLab has no state `error`. */
const STATES: Readonly<Record<CommitStatus['state'], string>> = {
  pending: 'pending',
  success: 'success',
  failure: 'failed',
  error: 'failed',
};

/** GitLab refuses a status that the commit already has. */
const REPETITION = /via :(enqueue from :pending|succeed from :success|drop from :failed)/;

/** https://docs.gitlab.com/api/commits/#set-commit-pipeline-status */
export const gitlabApi: HostApi = {
  authorizationOf: (token) => `Bearer ${token}`,
  statusRequest: ({ revision, ...at }, { state, context, description }) =>
    jsonRequest('POST', `${projectUrl(at)}/statuses/${revision}`, {
      state: STATES[state],
      name: context,
      description: shorten(description, DESCRIPTION),
    }),
  isStatusSet: ({ status, text }) => status === 201 || (status === 400 && REPETITION.test(text)),
  rateLimitOf: rateLimitByStatus,
  messageOf,
  // `404 Project Not Found` is the answer to credentials that may not even see the project.
  showsStatusAccess: ({ status, text }) => status === 404 && /commit/i.test(text),
  statusPermission: 'a token with the scope api, and the role Developer or higher in the project',
};
