import * as z from 'zod/mini';
import type { CommitApi } from '../commits/port.ts';
import { reading } from '../rest/answers.ts';
import { base64Of, readingCommit } from '../commits/answers.ts';
import { jsonRequest } from '../rest/json-request.ts';
import { projectUrl } from './project-url.ts';

/** https://docs.gitlab.com/api/commits/#create-a-commit: each file is compared, and not the tip of the branch. */
export const gitlabCommits: CommitApi = {
  lastCommitOf: (at, { path, revision }) => ({
    request: jsonRequest(
      'GET',
      `${projectUrl(at)}/repository/files/${encodeURIComponent(path)}?ref=${encodeURIComponent(revision)}`,
    ),
    read: reading(z.object({ last_commit_id: z.string() }), ({ last_commit_id: id }) => id),
  }),
  commit: (at, { branch, message, author, files }) => ({
    request: jsonRequest('POST', `${projectUrl(at)}/repository/commits`, {
      branch,
      commit_message: message,
      author_name: author.name,
      author_email: author.email,
      actions: files.map(({ path, content, lastCommit }) => ({
        action: 'update',
        file_path: path,
        content: base64Of(content),
        encoding: 'base64',
        last_commit_id: lastCommit,
      })),
    }),
    read: readingCommit(z.object({ id: z.string() }), ({ id }) => id),
  }),
  permission: 'a token with the scope api, and a role that may push to the branch',
};
