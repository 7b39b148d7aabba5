import { execFileSync } from 'node:child_process';
import { z } from 'zod';
import { commitFiles } from './commit-files.ts';
import type { ApiAnswer } from './rest-api.ts';

const Request = z.object({
  query: z.string().includes('createCommitOnBranch(input: $input)'),
  variables: z.object({
    input: z.object({
      branch: z.object({ repositoryNameWithOwner: z.string(), branchName: z.string() }),
      message: z.object({ headline: z.string(), body: z.string().default('') }),
      expectedHeadOid: z.string(),
      fileChanges: z.object({ additions: z.array(z.object({ path: z.string(), contents: z.base64() })) }),
    }),
  }),
});

export interface GraphqlWorld {
  readonly directoryOf: (fullName: string) => string;
  readonly onCommit: (fullName: string, change: { before: string; after: string; ref: string }) => Promise<void>;
}

/** GitHub's mutation that commits: https://docs.github.com/en/graphql/reference/mutations#createcommitonbranch */
export async function answerGraphql(body: unknown, world: GraphqlWorld): Promise<ApiAnswer> {
  const { data } = Request.safeParse(body);
  if (data === undefined) return { status: 200, content: { errors: [{ message: 'Parse error' }] } };
  const { branch, message, expectedHeadOid, fileChanges } = data.variables.input;
  const { repositoryNameWithOwner: fullName, branchName } = branch;
  const directory = world.directoryOf(fullName);
  const tip = execFileSync('git', ['-C', directory, 'rev-parse', `refs/heads/${branchName}`])
    .toString()
    .trim();
  const isStale = tip !== expectedHeadOid;
  const text = message.body === '' ? message.headline : `${message.headline}\n\n${message.body}`;
  const author = { name: 'headgate-bot', email: 'bot@git.example.com' };
  const files = fileChanges.additions.map(({ path, contents }) => ({ path, content: Buffer.from(contents, 'base64') }));
  const made = isStale ? null : commitFiles(directory, { branch: branchName, message: text, author, files });
  if (made === null) {
    const error = `Expected branch to point to "${expectedHeadOid}" but it did not. Pull and try again.`;
    const errors = [{ type: 'STALE_DATA', path: ['createCommitOnBranch'], message: error }];
    return { status: 200, content: { data: { createCommitOnBranch: null }, errors } };
  }
  await world.onCommit(fullName, { ...made, ref: `refs/heads/${branchName}` });
  return { status: 200, content: { data: { createCommitOnBranch: { commit: { oid: made.after } } } } };
}
