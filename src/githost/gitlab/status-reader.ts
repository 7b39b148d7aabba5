import * as z from 'zod/mini';
import type { CommitStatus } from '../port/host-api.ts';
import { jsonRequest } from '../rest/json-request.ts';
import type { StatusReader } from '../port/status-reader.ts';
import { linkedPage, reading } from '../rest/answers.ts';
import { projectUrl } from './project-url.ts';

const Statuses = z.array(
  z.object({
    name: z.string(),
    status: z.string(),
    author: z.optional(z.nullable(z.object({ username: z.string() }))),
  }),
);

/** Jobs are statuses too, and have many other states, such as `running`. */
const STATES: Readonly<Record<string, CommitStatus['state']>> = {
  success: 'success',
  failed: 'failure',
  canceled: 'error',
  skipped: 'error',
};

/**
 * https://docs.gitlab.com/api/commits/#list-commit-statuses. With `all`, a newer status of another author does not hide one.
 */
export const gitlabStatusReader: StatusReader = {
  listStatuses: ({ revision, ...at }, page) => ({
    request: jsonRequest(
      'GET',
      `${projectUrl(at)}/repository/commits/${revision}/statuses?all=true&order_by=id&sort=desc&per_page=100&page=${page}`,
    ),
    read: reading(Statuses, (found, answer) => {
      const statuses = found.map(({ name, status, author }) => ({
        context: name,
        state: STATES[status] ?? 'pending',
        author: author?.username ?? null,
      }));
      return linkedPage(statuses, answer);
    }),
  }),
  permission: 'a token with the scope read_api, and the role Reporter or higher in the project',
};
