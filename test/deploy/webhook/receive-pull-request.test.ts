import { describe, expect, it } from 'vitest';
import { matchPullRequest } from '../../../src/deploy/webhook/receive-pull-request.ts';
import type { CommentHint, PullRequestAction, PullRequestHint } from '../../../src/githost/port/git-host.ts';
import { readPlanRequest } from '../../../src/queue/messages/plan-request.ts';
import { configOf, file } from '../../config/builders.ts';

const identity = { id: '1', fullName: 'acme/fleet' };

function matched(hint: PullRequestHint | CommentHint, isPlanned = true, previews = '') {
  const lines = [
    'host: github',
    'url: https://github.com/acme/fleet.git',
    'webhookSecret: env:SECRET',
    'credentials: env:TOKEN',
    ...(isPlanned ? ['pullRequests: { plan: true }'] : []),
  ];
  const config = configOf(file({ repository: lines.join('\n    '), end: `key: env:KEY\n${previews}` }));
  const repository = config.repositories.get('fleet');
  if (repository === undefined) throw new Error('no repository');
  return matchPullRequest(hint, repository, config);
}

function aPullRequest(action: PullRequestAction, into = 'main'): PullRequestHint {
  return { kind: 'pull-request', repository: identity, pullRequest: 12, action, into };
}

function aComment(body: string): CommentHint {
  return { kind: 'comment', repository: identity, pullRequest: 12, commentId: '77', body };
}

describe('a delivery about a pull request', () => {
  it.each(['opened', 'updated', 'edited'] as const)('requests a plan when the pull request was %s', (action) => {
    expect(matched(aPullRequest(action))).toEqual({
      kind: 'plan',
      request: { kind: 'plan', target: 'plan/fleet/12', repository: 'fleet', pullRequest: 12, comment: null },
    });
  });

  it.each(['closed', 'labeled'] as const)('is ignored when the pull request was %s', (action) => {
    expect(matched(aPullRequest(action))).toEqual({ kind: 'none', reason: `the pull request was ${action}` });
  });

  it('is ignored when no target follows the branch, or nothing is planned', () => {
    expect(matched(aPullRequest('opened', 'next'))).toEqual({
      kind: 'none',
      reason: 'no target follows refs/heads/next',
    });
    expect(matched(aPullRequest('opened'), false)).toMatchObject({ kind: 'none' });
    expect(matched(aComment('/headgate plan'), false)).toMatchObject({ kind: 'none' });
  });

  const PREVIEWS =
    'previews: [{ name: "pr-{{number}}", namespace: "pr-{{number}}", repository: fleet, cluster: lab, pullRequest: { label: preview, into: next } }]';

  it.each(['closed', 'labeled', 'updated'] as const)(
    'requests a look at its preview when it was %s, whatever it is into',
    (action) => {
      const request = {
        kind: 'preview',
        target: 'plan/fleet/12',
        repository: 'fleet',
        pullRequest: 12,
        resumes: false,
      };
      for (const into of ['next', 'other'])
        expect(matched(aPullRequest(action, into), true, PREVIEWS)).toEqual({ kind: 'plan', request });
      expect(matched(aPullRequest(action), false, PREVIEWS)).toEqual({ kind: 'plan', request });
    },
  );

  it('requests a plan, which is for its preview too, when both are wanted, and nothing for a comment', () => {
    expect(matched(aPullRequest('updated'), true, PREVIEWS)).toMatchObject({
      request: { kind: 'plan', comment: null },
    });
    expect(matched(aComment('Looks good'), false, PREVIEWS)).toMatchObject({ kind: 'none' });
  });

  it('requests that a comment is read again when it begins with a command, and ignores every other one', () => {
    expect(matched(aComment('\n/headgate plan shop'))).toMatchObject({ kind: 'plan', request: { comment: '77' } });
    for (const body of ['Looks good', 'Try /headgate plan', '/headgates', ''])
      expect(matched(aComment(body))).toEqual({ kind: 'none', reason: 'the comment has no command' });
  });
});

describe('a message of the queue of plans', () => {
  const plan = {
    kind: 'plan',
    target: 'plan/fleet/12',
    repository: 'fleet',
    trigger: { kind: 'delivery', id: 'abc' },
    at: '2026-01-01T00:00:00.000Z',
    pullRequest: 12,
    comment: null,
  };
  const refresh = { ...plan, kind: 'refresh', target: 'plan/fleet', deployed: ['shop'] };

  it('is read as it was sent', () => {
    expect(readPlanRequest(JSON.stringify(plan))).toEqual(plan);
    const { comment: _none, ...preview } = { ...plan, kind: 'preview', resumes: true };
    expect(readPlanRequest(JSON.stringify(preview))).toEqual(preview);
    const { pullRequest: _number, comment: _comment, ...sent } = refresh;
    expect(readPlanRequest(JSON.stringify(sent))).toEqual(sent);
  });

  it.each([{ ...plan, pullRequest: 0 }, { ...plan, kind: 'deploy' }, { ...plan, repository: 1 }, 'text'])(
    'is not read when it is none: %j',
    (body) => {
      expect(readPlanRequest(JSON.stringify(body))).toBeNull();
    },
  );
});
