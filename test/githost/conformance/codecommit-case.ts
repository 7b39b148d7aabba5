import type { Change, HostCase, Sent } from './host-case.ts';

const ACCOUNT = '111122223333';

function about(name: string, detailType: string, detail: Readonly<Record<string, unknown>>): Sent {
  const payload = {
    version: '0',
    id: '3f7101d2-f1c4-d0a4-6d89-69fc887cc5e4',
    'detail-type': detailType,
    source: 'aws.codecommit',
    account: ACCOUNT,
    time: '2026-01-01T00:00:00Z',
    region: 'eu-west-1',
    resources: [`arn:aws:codecommit:eu-west-1:${ACCOUNT}:${name}`],
    detail,
  };
  return { event: detailType, payload };
}

/** One event for each ref: https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html */
function changed([change]: readonly Change[], { fullName }: { readonly fullName: string }): Sent {
  const { ref, before, after } = change ?? { ref: '', before: null, after: null };
  const event = before === null ? 'referenceCreated' : after === null ? 'referenceDeleted' : 'referenceUpdated';
  return about(fullName, 'CodeCommit Repository State Change', {
    callerUserArn: `arn:aws:iam::${ACCOUNT}:user/ann`,
    event,
    repositoryName: fullName,
    repositoryId: '280e6f04-7a9c-4c72-8d8f-947d83e21a96',
    referenceType: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    referenceName: ref.replace(/^refs\/[a-z]+\//, ''),
    referenceFullName: ref,
    ...(after === null ? {} : { commitId: after }),
    ...(before === null ? {} : { oldCommitId: before }),
  });
}

export const CODECOMMIT: HostCase = {
  name: 'codecommit',
  host: 'codecommit',
  lacks: [
    'http',
    'pull-requests',
    'deployments',
    'changed-paths',
    'forced-flag',
    'root-tree',
    'repository-id',
    'signed-time',
    'delivery-id',
    'several-refs',
    'statuses',
    'hook-api',
    'test-delivery',
    'delivery-log',
  ],
  secret: 'a secret of the test',
  otherSecret: 'the secret that it is rotated to',
  url: 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet',
  api: null,
  fullName: 'fleet',
  id: null,
  push: (changes, repository = { id: '', fullName: 'fleet' }) => changed(changes, repository),
  others: {
    'a merge commit of no branch': about('fleet', 'CodeCommit Repository State Change', {
      event: 'unreferencedMergeCommitCreated',
      repositoryName: 'fleet',
      commitId: '7f0103f0000000000000000000000000000000aa',
    }),
    'a pull request': about('fleet', 'CodeCommit Pull Request State Change', {
      event: 'pullRequestCreated',
      pullRequestId: '1',
      repositoryNames: ['fleet'],
    }),
  },
  // Nothing that came over HTTP is one of its events.
  headers: () => ({ 'content-type': 'application/json' }),
};
