import type { RequiredStatus } from '../../config/checked/config.ts';
import type { FoundStatus } from '../../githost/port/status-reader.ts';

/** Null: every required status is a success. `found`: of one commit, the newest first. */
export function missingStatus(required: readonly RequiredStatus[], found: readonly FoundStatus[]): string | null {
  for (const { context, by } of required) {
    const newest = found.find((status) => status.context === context && isBy(status, by));
    const named = by === null ? `the status ${context}` : `the status ${context} of ${by}`;
    if (newest === undefined) return `${named} is missing`;
    if (newest.state !== 'success') return `${named} is ${newest.state}`;
  }
  return null;
}

/** User names are the same in any case. A host that names no author is believed. */
function isBy({ author }: FoundStatus, by: string | null): boolean {
  return by === null || author === null || author.toLowerCase() === by.toLowerCase();
}
