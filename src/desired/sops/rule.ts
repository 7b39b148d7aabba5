import type { Explanation } from '../../error/deploy-error.ts';
import { textOf } from '../../resource/resource.ts';
import type { JsonObject } from '../../resource/resource.ts';

/** Selects the encrypted values of a file by the keys that lead to them. */
export interface Rule {
  readonly encryptedSuffix: string;
  readonly unencryptedSuffix: string;
  readonly encryptedRegex: RegExp | null;
  readonly unencryptedRegex: RegExp | null;
}

/** The expressions come from the pushed tree: those that might be slow to match are rejected. */
const MAX_LENGTH = 200;
const NESTED = /\)[*+{]/;

export function readRule(block: JsonObject): Rule | Explanation {
  if (textOf(block['encrypted_comment_regex']) !== '' || textOf(block['unencrypted_comment_regex']) !== '') {
    const remedy = 'Use encrypted_regex: ^(data|stringData)$.';
    return { message: 'selects its encrypted values by comments, which is not supported', remedy };
  }
  const [encrypted, unencrypted] = ['encrypted_regex', 'unencrypted_regex'].map((name) => asRegex(textOf(block[name])));
  if (encrypted === undefined || unencrypted === undefined)
    return {
      message: 'the expression in encrypted_regex or unencrypted_regex is not supported',
      remedy: 'Use a short expression without repeated groups, such as ^(data|stringData)$.',
    };
  return {
    encryptedSuffix: textOf(block['encrypted_suffix']),
    unencryptedSuffix: textOf(block['unencrypted_suffix']),
    encryptedRegex: encrypted,
    unencryptedRegex: unencrypted,
  };
}

function asRegex(source: string): RegExp | null | undefined {
  if (source === '') return null;
  if (source.length > MAX_LENGTH || NESTED.test(source)) return undefined;
  try {
    return new RegExp(source, 'u');
  } catch {
    return undefined;
  }
}

/** The same decision as in sops: https://github.com/getsops/sops/blob/v3.10.2/sops.go (shouldBeEncrypted). */
export function isEncrypted(path: readonly string[], rule: Rule): boolean {
  const { encryptedSuffix, unencryptedSuffix, encryptedRegex, unencryptedRegex } = rule;
  if (encryptedRegex !== null) return path.some((key) => encryptedRegex.test(key));
  if (unencryptedRegex !== null && path.some((key) => unencryptedRegex.test(key))) return false;
  if (encryptedSuffix !== '') return path.some((key) => key.endsWith(encryptedSuffix));
  return unencryptedSuffix === '' || !path.some((key) => key.endsWith(unencryptedSuffix));
}
