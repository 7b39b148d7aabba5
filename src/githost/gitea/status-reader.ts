import * as z from 'zod/mini';
import type { CommitStatus } from '../port/host-api.ts';
import { jsonRequest } from '../rest/json-request.ts';
import type { StatusReader } from '../port/status-reader.ts';
import { linkedPage, reading } from '../rest/answers.ts';
import { repositoryUrl } from './repository-url.ts';

const Statuses = z.array(
  z.object({
    id: z.number(),
    context: z.string(),
    status: z.string(),
    creator: z.optional(z.nullable(z.object({ login: z.string() }))),
  }),
);

/** Gitea and Forgejo also have `warning`, and newer ones `skipped`. */
const STATES: Readonly<Record<string, CommitStatus['state']>> = {
  pending: 'pending',
  success: 'success',
  failure: 'failure',
};

/**
 * `repoListStatuses` of `/api/swagger`. Its order `highestindex` begins with the lowest index, and `recentupdate` compares
 * whole seconds (`models/git/commit_status.go` of 1.26).
 */
export const giteaStatusReader: StatusReader = {
  listStatuses: ({ revision, ...at }, page) => ({
    request: jsonRequest(
      'GET',
      `${repositoryUrl(at)}/commits/${revision}/statuses?sort=recentupdate&limit=50&page=${page}`,
    ),
    read: reading(Statuses, (found, answer) => {
      const statuses = found
        .toSorted((a, b) => b.id - a.id)
        .map(({ context, status, creator }) => ({
          context,
          state: STATES[status] ?? 'error',
          author: creator?.login ?? null,
        }));
      return linkedPage(statuses, answer);
    }),
  }),
  permission: 'a token with the scope read:repository of a user who may read the repository',
};
