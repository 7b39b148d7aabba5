import { jsonRequest } from '../rest/json-request.ts';
import { restPullRequests } from '../rest/rest-pull-requests.ts';
import { repositoryUrl } from './repository-url.ts';

const openQuery = (into: string) => `base_branch=${encodeURIComponent(into)}`;

/** Gitea and Forgejo. */
export const giteaPullRequests = restPullRequests({
  repositoryUrl,
  request: jsonRequest,
  // The most per page that a server allows by default.
  pageQuery: (page) => `limit=50&page=${page}`,
  // Newest first is the default.
  openQuery,
  // Only the newest commit of a merge names its pull request.
  ofCommitPath: 'pull',
  // Its request for one of two branches, /pulls/main/next, is answered with the oldest of any state.
  openOfQuery: (_at, { into }) => openQuery(into),
  // The server has no limit; a page with more is slow to read.
  commentLimit: { length: 262_144, lengthOf: (text) => text.length },
  commitLimit: null,
  permission:
    'a token with the scopes write:repository and write:issue of an administrator of the repository, who alone may read the permissions of others',
});
