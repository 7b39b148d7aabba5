import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FIXTURES = join(import.meta.dirname, 'fixtures');

/*
 * Made by the real tools, age 1.2.1 and sops 3.10.2, with a key that is good for nothing else:
 *   age-keygen -o key.txt
 *   sops --encrypt --age age1… --encrypted-regex '^(data|stringData)$' secret.yaml
 * and --mac-only-encrypted, --unencrypted-regex, --encrypted-suffix, --unencrypted-suffix, --encrypted-comment-regex,
 * two recipients, another recipient, two key groups (shamir_threshold: 2).
 */
export function fixture(name: string): string {
  return readFileSync(join(FIXTURES, name), 'utf8');
}

export const AGE_KEY = fixture('key.txt');
