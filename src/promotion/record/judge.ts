import { compareVersions, versionOf } from '../../images/policy/order.ts';
import { isValue } from '../carry/carried.ts';
import type { Edit } from '../carry/carried.ts';
import type { PromotionRecord } from './record.ts';

export type Judgment =
  | { readonly kind: 'moves' }
  /** Automation writes nothing. */
  | { readonly kind: 'waits'; readonly reason: string };

/**
 * Whether automation may make these edits of a stage. `records`: what was promoted to it, the newest first. `open`: the number
 * of its open pull request, whose versions do not count as taken back.
 */
export function judge(
  edits: readonly Edit[],
  {
    stage,
    records: all,
    open = null,
  }: { readonly stage: string; readonly records: readonly PromotionRecord[]; readonly open?: number | null },
): Judgment {
  const hold = all[0]?.hold ?? null;
  const records = open === null ? all : all.filter(({ pullRequest }) => pullRequest !== open);
  if (hold !== null) {
    const reason = `${hold} promoted an older version to ${stage}: automation is on hold until a person promotes again`;
    return { kind: 'waits', reason };
  }
  for (const edit of edits) {
    const { key, from, to } = edit;
    // A value of a file may be anything, and reasons are logged.
    const [what, than] = isValue(edit) ? [key, 'the value'] : [`${key} ${to}`, from];
    if (isOlder(edit, records))
      return { kind: 'waits', reason: `${what} is older than ${than} in ${stage}, and rollbacks are not promoted` };
    if (ageOf(key, to, records) !== -1)
      return { kind: 'waits', reason: `${what} ${takenBack({ key, to }, { stage, records })}` };
  }
  return { kind: 'moves' };
}

function takenBack(
  { key, to }: Pick<Edit, 'key' | 'to'>,
  { stage, records }: { readonly stage: string; readonly records: readonly PromotionRecord[] },
): string {
  const last = records.find(({ moved }) => moved.some((each) => each.key === key && isSame(each.to, to)));
  return (last?.pullRequest ?? null) === null
    ? `was promoted to ${stage} and taken back there`
    : `was proposed to ${stage} by pull request ${last?.pullRequest}, which was closed, or merged and reverted`;
}

/** Does the edit go back to what the stage had before, or to a lower version? */
export function isOlder(
  { key, from, to }: Pick<Edit, 'key' | 'from' | 'to'>,
  records: readonly PromotionRecord[],
): boolean {
  const age = ageOf(key, to, records);
  if (age === -1) return isLower(to, from);
  const present = ageOf(key, from, records);
  if (present !== -1) return age < present;
  // A person wrote the version that the stage has. The version that was promoted last is not older than that.
  const last = records.flatMap(({ moved }) => moved).find((each) => each.key === key);
  return last === undefined || !isSame(last.to, to);
}

/** When the stage first had a version: the number of versions before it; -1: never. */
function ageOf(key: string, version: string, records: readonly PromotionRecord[]): number {
  const all = records.toReversed().flatMap(({ moved }) => moved.filter((each) => each.key === key));
  return all.flatMap(({ from, to }) => [...from, to]).findIndex((each) => isSame(each, version));
}

/** A digest says what it is, whatever its tag. A tag alone may have been anything. */
function isSame(a: string, b: string): boolean {
  const digest = digestIn(a);
  return a === b || (digest !== null && digest === digestIn(b));
}

function digestIn(version: string): string | null {
  return /(?:^|@)(sha256:[0-9a-f]+)$/.exec(version)?.[1] ?? null;
}

function isLower(to: string, from: string): boolean {
  const [a, b] = [to, from].map((text) => versionOf(text, text.split('@')[0] ?? '')[0]);
  return a !== undefined && b !== undefined && compareVersions(a, b) < 0;
}
