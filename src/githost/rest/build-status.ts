import { createHash } from 'node:crypto';
import type { CommitStatus } from '../port/host-api.ts';
import { DESCRIPTION, shorten } from '../port/shorten.ts';

/** Bitbucket has neither `pending` nor `error`. */
const STATES: Readonly<Record<CommitStatus['state'], string>> = {
  pending: 'INPROGRESS',
  success: 'SUCCESSFUL',
  failure: 'FAILED',
  error: 'FAILED',
};

/** What Bitbucket calls a commit status. A status with the same key replaces it. `url`: a page, which it requires. */
export function buildStatus({ state, context, description }: CommitStatus, url: string) {
  return {
    key: keyOf(context),
    state: STATES[state],
    name: context,
    description: shorten(description, DESCRIPTION),
    url,
  };
}

/** Bitbucket Cloud refuses more than 40 characters, and a context may be longer. */
function keyOf(context: string): string {
  return `hg-${createHash('sha256').update(context).digest('hex').slice(0, 37)}`;
}
