import type { PullRequest } from '../../../src/githost/port/pull-requests.ts';
import { asRevision } from '../../../src/snapshot/source.ts';

export const HEAD = revision('c');
export const OTHER = revision('d');

function revision(digit: string) {
  const found = asRevision(digit.repeat(40));
  if (found === null) throw new Error('not a revision');
  return found;
}

export function aPullRequest(change: Partial<PullRequest> = {}): PullRequest {
  return {
    number: 12,
    title: 'Change the color',
    author: { id: '11', name: 'ann', displayName: null },
    state: 'open',
    isDraft: false,
    isFork: false,
    head: { revision: HEAD, branch: 'Feature/Color' },
    into: 'main',
    labels: ['preview'],
    mergeRevision: null,
    url: 'https://github.com/acme/fleet/pull/12',
    ...change,
  };
}
