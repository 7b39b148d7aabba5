import type { Explanation } from '../../error/deploy-error.ts';
import { isObject, textOf } from '../../resource/resource.ts';
import type { Json, JsonObject } from '../../resource/resource.ts';
import { readRule } from './rule.ts';
import type { Rule } from './rule.ts';

/** The data key of one file, wrapped once for each master key: any of these can unwrap it. */
export interface WrappedKey {
  readonly age: readonly string[];
  readonly kms: readonly KmsKey[];
}

export interface KmsKey {
  readonly arn: string;
  /** Base64. */
  readonly enc: string;
  readonly context: Readonly<Record<string, string>>;
}

/** The `sops:` block of a file (sops 3): https://github.com/getsops/sops/blob/v3.10.2/stores/stores.go */
export interface Envelope {
  readonly key: WrappedKey;
  readonly mac: string;
  readonly lastModified: string;
  readonly rule: Rule;
  readonly isMacOfEncrypted: boolean;
}

export function readEnvelope(block: Json | undefined): Envelope | Explanation {
  if (!isObject(block)) return invalid('the sops block is not a map');
  const groups = block['key_groups'];
  if (Array.isArray(groups) && groups.length > 0)
    return invalid('is encrypted for several key groups, which are not supported', 'Use one key group.');
  const rule = readRule(block);
  if ('message' in rule) return rule;
  const [mac, lastModified] = [textOf(block['mac']), textOf(block['lastmodified'])];
  if (mac === '' || lastModified === '') return invalid('the sops block lacks mac or lastmodified');
  const key = { age: mapsOf(block['age']).map(({ enc }) => textOf(enc)), kms: mapsOf(block['kms']).map(readKms) };
  return { key, mac, lastModified, rule, isMacOfEncrypted: block['mac_only_encrypted'] === true };
}

function readKms({ arn, enc, context }: JsonObject): KmsKey {
  const pairs = isObject(context) ? Object.entries(context).map(([name, value]) => [name, textOf(value)] as const) : [];
  return { arn: textOf(arn), enc: textOf(enc), context: Object.fromEntries(pairs) };
}

function mapsOf(list: Json | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter((item: Json) => isObject(item)) : [];
}

function invalid(message: string, remedy = 'Encrypt it again with sops 3.'): Explanation {
  return { message, remedy };
}
