import type { Repository } from '../checked/config.ts';
import type { SecretReference } from '../written/reference.ts';

/** What a repository is written to with; none when nothing writes to it, or the identity of the process does. */
export function writeSecretsOf({ write }: Pick<Repository, 'write'>): readonly SecretReference[] {
  return write === null || write.kind === 'iam' ? [] : [write];
}
