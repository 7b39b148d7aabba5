import validRange from 'semver/ranges/valid.js';
import { reasonOf } from '../../error/deploy-error.ts';

/** The regular expression as JavaScript reads it: Go writes named groups as `(?P<name>…)`. */
export function translatePattern(pattern: string): string {
  return pattern.replaceAll('(?P<', '(?<');
}

/** Why a regular expression is invalid; null when it is valid. The reason is the engine's, without the pattern. */
export function patternError(pattern: string): string | null {
  try {
    return new RegExp(translatePattern(pattern)) instanceof RegExp ? null : '';
  } catch (thrown) {
    const reason = reasonOf(thrown);
    return `is not a valid regular expression: ${reason.slice(reason.lastIndexOf(': ') + 2).toLowerCase()}`;
  }
}

/** The names of the groups of a valid pattern. */
export function groupsOf(pattern: string): readonly string[] {
  // With an empty alternative the expression matches anything, and every group is listed.
  const { groups = {} } = new RegExp(`${translatePattern(pattern)}|`).exec('') ?? {};
  return Object.keys(groups);
}

/** Why a range of versions is invalid; null when it is valid. */
export function rangeError(range: string): string | null {
  if (validRange(range) !== null) return null;
  return range.includes(',') ? 'separates its conditions with a comma' : 'is not a range of versions';
}
