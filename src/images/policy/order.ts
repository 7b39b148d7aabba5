import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';
import type SemVer from 'semver/classes/semver.js';
import { compareText } from '../../resource/resource.ts';

export interface Version {
  readonly tag: string;
  readonly value: SemVer;
}

const VERSION = /^v?\d+\.\d+\.\d+(?:$|[-+])/;

/** The version that a tag, or a part of it, is; none if it is not exactly one. A leading v is accepted. */
export function versionOf(tag: string, text: string): readonly Version[] {
  // The parser throws and catches an error for each text that is none.
  const value = VERSION.test(text) ? parse(text) : null;
  return value === null ? [] : [{ tag, value }];
}

/** Of equal versions (`1.2.3` and `v1.2.3`), the last by the alphabet is the higher one. */
export function compareVersions(a: Version, b: Version): number {
  return compare(a.value, b.value) || compareText(a.tag, b.tag);
}

/** A decimal number of any length, exactly. */
export interface DecimalNumber {
  /** Without the point. */
  readonly digits: bigint;
  /** The number of digits after the point. */
  readonly scale: number;
}

/** Null when the text is not a number. `1e5` is none: in a tag it is more likely a part of a commit id. */
export function parseNumber(text: string): DecimalNumber | null {
  const [, sign, whole, fraction = ''] = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined) return null;
  const digits = BigInt(`${whole}${fraction}`);
  return { digits: sign === '-' ? -digits : digits, scale: fraction.length };
}

export function compareNumbers(a: DecimalNumber, b: DecimalNumber): number {
  const scale = Math.max(a.scale, b.scale);
  const difference = scaled(a, scale) - scaled(b, scale);
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

function scaled({ digits, scale }: DecimalNumber, to: number): bigint {
  return digits * 10n ** BigInt(to - scale);
}
