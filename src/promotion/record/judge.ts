import { compareVersions, versionOf } from '../../images/policy/order.ts';
import type { Edit } from '../carry/carried.ts';
import type { Moved, PromotionRecord } from './record.ts';

export type Judgment =
  | { readonly kind: 'moves' }
  /** Automation writes nothing. */
  | { readonly kind: 'waits'; readonly reason: string };

/** Whether automation may make these edits of a stage. `records`: what was promoted to it, the newest first. */
export function judge(
  edits: readonly Edit[],
  { stage, records }: { readonly stage: string; readonly records: readonly PromotionRecord[] },
): Judgment {
  const hold = records[0]?.hold ?? null;
  if (hold !== null) {
    const reason = `${hold} promoted something older to ${stage}, which holds until a person promotes again`;
    return { kind: 'waits', reason };
  }
  for (const { key, from, to } of edits) {
    const last = lastMoved(key, records);
    if (last !== null && isSame(last.to, to))
      return { kind: 'waits', reason: `${key} ${to} was promoted to ${stage} and taken back there` };
    if (isOlder({ key, from, to }, records))
      return {
        kind: 'waits',
        reason: `${key} ${to} is older than ${from} of ${stage}, and a rollback does not travel`,
      };
  }
  return { kind: 'moves' };
}

/** Does the edit go back to what the stage had before, or to a lower version? */
export function isOlder(
  { key, from, to }: Pick<Edit, 'key' | 'from' | 'to'>,
  records: readonly PromotionRecord[],
): boolean {
  const last = lastMoved(key, records);
  // What was promoted last is not older, whatever the stage has now.
  if (last !== null && isSame(last.to, to)) return false;
  const moves = records.flatMap(({ moved }) => moved.filter((each) => each.key === key));
  const hadIt = moves.some((each) => [each.to, ...each.from].some((version) => isSame(version, to)));
  return hadIt || isLower(to, from);
}

function lastMoved(key: string, records: readonly PromotionRecord[]): Moved | null {
  return records.flatMap(({ moved }) => moved).find((each) => each.key === key) ?? null;
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
