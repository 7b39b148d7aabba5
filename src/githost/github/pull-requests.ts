import { restPullRequests } from '../rest/rest-pull-requests.ts';
import { githubRequest, repositoryUrl } from './request.ts';

/** GitHub.com and GitHub Enterprise Server. */
export const githubPullRequests = restPullRequests({
  repositoryUrl,
  request: githubRequest,
  pageQuery: (page) => `per_page=100&page=${page}`,
  openQuery: (into) => `base=${encodeURIComponent(into)}&sort=created&direction=desc`,
  ofCommitPath: 'pulls',
  openOfQuery: ({ fullName }, { head, into }) => {
    const [owner = ''] = fullName.split('/');
    return `head=${encodeURIComponent(`${owner}:${head}`)}&base=${encodeURIComponent(into)}`;
  },
  // 65,536 characters are accepted. UTF-16 never has fewer units.
  commentLimit: { length: 65_536, lengthOf: (text) => text.length },
  commitLimit: 250,
  permission:
    'fine-grained tokens and Apps: Pull requests, read and write, and Metadata, read; classic tokens: repo or public_repo',
});
