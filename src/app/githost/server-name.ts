import type { Repository } from '../../config/checked/config.ts';

/** Names the Git host among the servers that are watched. Its API has the same name, because a run needs both. */
export function gitServerName({ url }: Repository): string {
  return `git ${new URL(url).host}`;
}
