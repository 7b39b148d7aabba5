import type { Repository } from '../config/config.ts';
import type { GitHost } from './git-host.ts';
import { github } from './github.ts';

/** Null: the repository has no host that sends webhooks or takes statuses. */
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
