import type { Repository } from '../config/checked/config.ts';
import type { GitHost } from './port/git-host.ts';
import { github } from './github/host.ts';

/** Null: the repository's host does not send webhooks or accept statuses. */
export function hostOf({ host }: Pick<Repository, 'host'>): GitHost | null {
  switch (host) {
    case 'github':
      return github;
    case 'git':
      return null;
    default:
      return host satisfies never;
  }
}
