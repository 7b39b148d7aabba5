import { describe, expect, it } from 'vitest';
import { commitApiOf } from '../../src/githost/commit-apis.ts';
import type { HostName } from '../../src/githost/hosts.ts';
import type { ApiCommit, CommitApi } from '../../src/githost/commits/port.ts';
import type { Revision } from '../../src/snapshot/source.ts';

const TIP = 'a'.repeat(40) as Revision;
const MADE = 'b'.repeat(40);
const AT = { api: 'https://git.example.com/api/v3', fullName: 'acme/fleet' };
const COMMIT: ApiCommit = {
  branch: 'release/1',
  tip: TIP,
  message: 'Update web to 2\n\n- web 1 -> 2\n\nHeadgate-Image: web 1 -> 2\n',
  author: { name: 'headgate', email: 'headgate@example.com' },
  files: [
    { path: 'apps/web.yaml', content: Buffer.from('tag: 2\n'), blob: 'c'.repeat(40), lastCommit: 'd'.repeat(40) },
  ],
};

async function apiOf(host: HostName): Promise<CommitApi> {
  const api = await commitApiOf(host)?.();
  if (api === undefined) throw new Error(`${host} has no API for commits`);
  return api;
}

function answer(status: number, content: unknown) {
  return { status, headers: {}, text: JSON.stringify(content) };
}

const graphql = (oid: string | null, ...messages: readonly string[]) => ({
  data: { createCommitOnBranch: oid === null ? null : { commit: { oid } } },
  ...(messages.length === 0 ? {} : { errors: messages.map((message) => ({ type: 'STALE_DATA', message })) }),
});

describe('a commit by the API of a host', () => {
  it('is one mutation of GitHub, which expects the tip and names no author', async () => {
    const { request } = (await apiOf('github')).commit(AT, COMMIT);
    expect(request).toMatchObject({ method: 'POST', url: 'https://git.example.com/api/graphql' });
    expect(JSON.parse(request.body ?? '')).toMatchObject({
      variables: {
        input: {
          branch: { repositoryNameWithOwner: 'acme/fleet', branchName: 'release/1' },
          message: { headline: 'Update web to 2', body: '- web 1 -> 2\n\nHeadgate-Image: web 1 -> 2' },
          expectedHeadOid: TIP,
          fileChanges: { additions: [{ path: 'apps/web.yaml', contents: 'dGFnOiAyCg==' }] },
        },
      },
    });
  });

  it('has the last commit of each file on GitLab, and the id of its content on Gitea', async () => {
    const gitlab = (await apiOf('gitlab')).commit({ ...AT, api: 'https://gitlab.com/api/v4' }, COMMIT).request;
    expect(gitlab.url).toBe('https://gitlab.com/api/v4/projects/acme%2Ffleet/repository/commits');
    expect(JSON.parse(gitlab.body ?? '')).toMatchObject({
      branch: 'release/1',
      commit_message: COMMIT.message,
      author_email: 'headgate@example.com',
      actions: [{ action: 'update', file_path: 'apps/web.yaml', last_commit_id: 'd'.repeat(40) }],
    });
    const gitea = (await apiOf('gitea')).commit({ ...AT, api: 'https://gitea.example.com/api/v1' }, COMMIT).request;
    expect(gitea.url).toBe('https://gitea.example.com/api/v1/repos/acme/fleet/contents');
    expect(JSON.parse(gitea.body ?? '')).toMatchObject({
      branch: 'release/1',
      files: [{ operation: 'update', path: 'apps/web.yaml', sha: 'c'.repeat(40) }],
    });
  });

  it.each<[HostName, number, unknown, unknown]>([
    ['github', 200, graphql(MADE), { kind: 'committed', revision: MADE }],
    ['github', 200, graphql(null, 'Expected branch'), { kind: 'refused', reason: 'Expected branch' }],
    ['github', 200, { message: 'no answer of GraphQL' }, undefined],
    ['github', 401, { message: 'Bad credentials' }, undefined],
    ['gitlab', 201, { id: MADE }, { kind: 'committed', revision: MADE }],
    ['gitlab', 400, { message: 'file has changed' }, { kind: 'refused', reason: 'file has changed' }],
    ['gitlab', 403, { message: '403 Forbidden' }, undefined],
    ['gitea', 201, { commit: { sha: MADE } }, { kind: 'committed', revision: MADE }],
    ['gitea', 422, { message: 'sha does not match' }, { kind: 'refused', reason: 'sha does not match' }],
    ['gitea', 201, { commit: { sha: 'not an id' } }, undefined],
    ['gitea', 404, { message: 'branch does not exist' }, null],
  ])('on %s, an answer with status %i and %j is %j', async (host, status, content, expected) => {
    expect((await apiOf(host)).commit(AT, COMMIT).read(answer(status, content))).toEqual(expected);
  });
});
