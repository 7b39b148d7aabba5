import type { FaultTestbed } from './fault-testbed.ts';
import type { Place } from './snapshot.ts';

/** What the children logged last about these targets, for an error. */
export function lastLines({ log, output }: FaultTestbed, places: readonly Place[]): string {
  const isOurs = (line: Readonly<Record<string, unknown>>) =>
    places.some(({ target }) => line['target'] === target || line['stage'] === target);
  const lines = log.filter((line) => isOurs(line) && line['level'] !== 'debug');
  return lines.length === 0 ? output.slice(-2000) : JSON.stringify(lines.slice(-6), null, 1);
}

export function isFailure(line: Readonly<Record<string, unknown>>): boolean {
  return ['refused', 'partial', 'failed'].includes(String(line['verdict']));
}
