import * as z from 'zod/mini';
import type { StatusReader } from '../port/status-reader.ts';
import { linkedPage, reading } from '../rest/answers.ts';
import { githubRequest, repositoryUrl } from './request.ts';

const Statuses = z.array(
  z.object({
    context: z.string(),
    state: z.enum(['error', 'failure', 'pending', 'success']),
    creator: z.optional(z.nullable(z.object({ login: z.string() }))),
  }),
);

/** https://docs.github.com/en/rest/commits/statuses#list-commit-statuses-for-a-reference */
export const githubStatusReader: StatusReader = {
  listStatuses: ({ revision, ...at }, page) => ({
    request: githubRequest('GET', `${repositoryUrl(at)}/commits/${revision}/statuses?per_page=100&page=${page}`),
    read: reading(Statuses, (found, answer) => {
      const statuses = found.map(({ creator, ...status }) => ({ ...status, author: creator?.login ?? null }));
      return linkedPage(statuses, answer);
    }),
  }),
  permission: 'fine-grained tokens and Apps: Commit statuses, read; classic tokens: repo or public_repo',
};
