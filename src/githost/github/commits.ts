import * as z from 'zod/mini';
import { checkedName } from '../port/full-name.ts';
import type { CommitApi } from '../commits/port.ts';
import { reading } from '../rest/answers.ts';
import { base64Of, committed, refused } from '../commits/answers.ts';
import { githubRequest } from './request.ts';

const MUTATION = `mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}`;

const Answer = z.object({
  data: z.optional(
    z.nullable(
      z.object({
        createCommitOnBranch: z.optional(z.nullable(z.object({ commit: z.nullable(z.object({ oid: z.string() })) }))),
      }),
    ),
  ),
  errors: z.optional(z.array(z.object({ message: z.string() }))),
});

/**
 * GitHub signs what this mutation makes, and names the account of the token as the author:
 * https://docs.github.com/en/graphql/reference/mutations#createcommitonbranch
 */
export const githubCommits: CommitApi = {
  lastCommitOf: null,
  commit: ({ api, fullName }, { branch, tip, message, files }) => {
    const [headline = '', ...lines] = message.trimEnd().split('\n');
    const input = {
      branch: {
        repositoryNameWithOwner: checkedName(fullName, { name: 'GitHub', hasSubgroups: false }),
        branchName: branch,
      },
      message: { headline, body: lines.join('\n').trim() },
      expectedHeadOid: tip,
      fileChanges: { additions: files.map(({ path, content }) => ({ path, contents: base64Of(content) })) },
    };
    return {
      request: githubRequest('POST', graphqlUrl(api), { query: MUTATION, variables: { input } }),
      // Errors have status 200.
      read: reading(Answer, ({ data, errors }, { status, text }) => {
        const oid = data?.createCommitOnBranch?.commit?.oid;
        if (oid !== undefined) return committed(oid);
        return errors === undefined ? undefined : refused({ status, text });
      }),
    };
  },
  permission: 'fine-grained tokens and Apps: Contents, read and write; classic tokens: repo or public_repo',
};

/** GitHub Enterprise Server has it beside `/api/v3`. */
function graphqlUrl(api: string): string {
  return `${api.replace(/\/v3$/, '')}/graphql`;
}
