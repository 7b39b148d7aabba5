import type { ImagePolicy, TagPolicy } from '../../config/checked/config.ts';
import type { ImageState } from '../../images/update/look.ts';
import type { WriteGroup } from '../../images/update/write-group.ts';
import type { ImageRow, ImagesView } from '../../page/model.ts';
import { problemView } from './fleet-view.ts';

/** What `headgate images` has read, as the page shows it. */
export function imagesView(
  states: readonly ImageState[],
  { groups, readMs }: { readonly groups: readonly WriteGroup[]; readonly readMs: number },
): ImagesView {
  return { readAt: new Date(readMs).toISOString(), rows: states.flatMap((state) => rowOf(state, groups)) };
}

function rowOf(
  { image, repository, branch, current, wanted, reason, problem }: ImageState,
  groups: readonly WriteGroup[],
): readonly ImageRow[] {
  const group = groups.find((each) => each.repository.name === repository && each.branch === branch);
  const policy = group?.images.find((each) => each.policy.name === image)?.policy;
  if (group === undefined || policy === undefined) return [];
  return [
    {
      image,
      policy: policyText(policy.policy),
      repository,
      branch,
      current,
      newest: wanted,
      reason,
      problem: problem === null ? null : problemView(problem),
      polls: pollsText(policy, group),
    },
  ];
}

function policyText(policy: TagPolicy): string {
  switch (policy.kind) {
    case 'semver':
      return `semver ${policy.range}`;
    case 'newest':
      return `newest ${policy.order} tag of ${policy.pattern}`;
    case 'digest':
      return `digest of ${policy.tag}`;
    default:
      return policy satisfies never;
  }
}

/**
 * Only the process that polls a branch knows when it did so last, so the interval is shown. All images of a branch are read
 * together.
 */
function pollsText({ webhook }: Pick<ImagePolicy, 'webhook'>, { intervalMs }: WriteGroup): string {
  const announced = webhook === null ? [] : ['when its registry announces a tag'];
  const polled = intervalMs === 0 ? [] : [`within ${durationOf(intervalMs)}`];
  return [...polled, ...announced].join(', or ') || 'never';
}

function durationOf(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${ms / 1000}s`;
}
