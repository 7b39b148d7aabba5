import minVersion from 'semver/ranges/min-version.js';
import { compareText } from '../../resource/resource.ts';
import { compareVersions } from './order.ts';
import type { Version } from './order.ts';

/** Tags for a message about a policy that none fulfills: those that share most of their beginning with `text` first. */
export function nearestTags(text: string, tags: readonly string[]): readonly string[] {
  return tags
    .map((tag) => ({ tag, shared: sharedStart(tag, text) }))
    .toSorted((a, b) => b.shared - a.shared || compareText(b.tag, a.tag))
    .map(({ tag }) => tag);
}

/** The versions beside the lowest one of a range, the nearest first. Without any version, tags that look like it. */
export function nearestVersions(
  range: string,
  versions: readonly Version[],
  tags: readonly string[],
): readonly string[] {
  const lowest = minVersion(range);
  if (lowest === null || versions.length === 0) return nearestTags(lowest?.version ?? '', tags);
  const sorted = versions.toSorted(compareVersions);
  const at = sorted.filter(({ value }) => value.compare(lowest) < 0).length;
  return sorted
    .map(({ tag }, index) => ({ tag, distance: Math.abs(index + 0.5 - at) }))
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ tag }) => tag);
}

function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}
