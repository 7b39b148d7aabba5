import * as z from 'zod/mini';
import type { CommitApi } from '../commits/port.ts';
import { base64Of, readingCommit } from '../commits/answers.ts';
import { jsonRequest } from '../rest/json-request.ts';
import { repositoryUrl } from './repository-url.ts';

/** `repoChangeFiles` of `/api/swagger`: each file is compared, and not the tip of the branch. Gitea and Forgejo. */
export const giteaCommits: CommitApi = {
  lastCommitOf: null,
  commit: (at, { branch, message, author, files }) => ({
    request: jsonRequest('POST', `${repositoryUrl(at)}/contents`, {
      branch,
      message,
      author,
      committer: author,
      files: files.map(({ path, content, blob }) => ({
        operation: 'update',
        path,
        content: base64Of(content),
        sha: blob,
      })),
    }),
    read: readingCommit(z.object({ commit: z.object({ sha: z.string() }) }), ({ commit }) => commit.sha),
  }),
  permission: 'a token with the scope write:repository of a user who may push to the branch',
};
