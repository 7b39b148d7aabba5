import type { ScalarTag } from 'yaml';

const TRUE = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']);
const FALSE = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']);
const NOT_FINITE = /^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/;
const FLOAT = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;
const INTEGER = /^([-+]?)(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)$/;

const IS_NUMBER = /^[-+]?\.?\d|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/;

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** Reads a plain scalar as kubectl's YAML reader does (Go, YAML 1.1 without dates and sexagesimal numbers). */
export function readNumber(text: string): number | bigint | string {
  if (NOT_FINITE.test(text)) return text.includes('n') && text.startsWith('-') ? -Infinity : Infinity;
  const plain = text.replaceAll('_', '');
  const integer = INTEGER.exec(plain);
  if (integer !== null) return readInteger(integer[1] === '-', integer[2] ?? '');
  if (!FLOAT.test(plain)) return text;
  const value = Number(plain);
  // Go cannot parse a number that is out of range, and keeps it as a string.
  return Number.isFinite(value) ? value : text;
}

/** Reads any unquoted scalar. Text that would be a map or a list stays text. */
export function readPlain(text: string): string | number | bigint | boolean | null {
  if (/^(?:|~|null|Null|NULL)$/.test(text)) return null;
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  const number = IS_NUMBER.test(text) ? readNumber(text) : text;
  return typeof number === 'number' && !Number.isFinite(number) ? text : number;
}

function readInteger(isNegative: boolean, digits: string): number | bigint {
  const isOctal = /^0\d/.test(digits);
  const magnitude = BigInt(isOctal ? `0o${digits.slice(1)}` : digits.toLowerCase());
  const value = isNegative ? -magnitude : magnitude;
  const asNumber = Number(value);
  // Above 64 bits Go returns a float. JSON has no -0.
  return Number.isSafeInteger(asNumber) || value > INT64_MAX || value < INT64_MIN ? asNumber + 0 : value;
}

function numberTag(tag: string): ScalarTag {
  return {
    identify: (value) => typeof value === 'number' || typeof value === 'bigint',
    default: true,
    tag: `tag:yaml.org,2002:${tag}`,
    test: IS_NUMBER,
    resolve: (text) => readNumber(text),
  };
}

const booleanTag: ScalarTag = {
  identify: (value) => typeof value === 'boolean',
  default: true,
  tag: 'tag:yaml.org,2002:bool',
  test: new RegExp(`^(?:${[...TRUE, ...FALSE].join('|')})$`),
  resolve: (text) => TRUE.has(text),
};

/** `!!binary` becomes text, as in kubectl. */
const binaryTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:binary',
  resolve: (text) => Buffer.from(text, 'base64').toString(),
};

export const SCALAR_TAGS: readonly ScalarTag[] = [booleanTag, numberTag('int'), numberTag('float'), binaryTag];
