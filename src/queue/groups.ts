/** The group of the notices of a channel. */
export function channelGroup(channel: string): string {
  return `channel/${channel}`;
}

export function isChannelGroup(group: string): boolean {
  return group.startsWith(channelGroup(''));
}

/** The group of the outcomes that are recorded in a repository. */
export function recordGroup(repository: string): string {
  return `record/${repository}`;
}

/** How long the first notice of a channel waits for others. */
export const GROUPING_MS = 30_000;
