import type { ImagePolicy } from '../../config/checked/config.ts';
import { formatReference } from '../../config/written/reference.ts';
import type { SecretReference } from '../../config/written/reference.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { CommitSigner } from '../../images/branch-writer.ts';
import { parseSshKey } from '../../signing/ssh-key.ts';
import type { SshKey } from '../../signing/ssh-key.ts';
import { sshSignature } from '../../signing/ssh-signature.ts';
import { resolveSecret, SECRET_TIMEOUT_MS } from '../secrets.ts';
import type { SecretSources } from '../secrets.ts';

/** Signs the commits of an image as git does with `gpg.format ssh`. Null: they are not signed. */
export async function openSigner(
  { commit: { signingKey } }: Pick<ImagePolicy, 'commit'>,
  secrets: SecretSources,
): Promise<CommitSigner | null> {
  if (signingKey === null) return null;
  const key = await readSigningKey(signingKey, secrets, AbortSignal.timeout(SECRET_TIMEOUT_MS));
  return (commit) => sshSignature(key, 'git', commit);
}

/** @throws DeployError `config-invalid` when it is not a key that can sign; the key itself is never part of it */
export async function readSigningKey(
  reference: SecretReference,
  secrets: SecretSources,
  signal: AbortSignal,
): Promise<SshKey> {
  const parsed = parseSshKey(await resolveSecret(reference, secrets, signal));
  if (parsed.kind === 'key') return parsed.key;
  const subject = formatReference(reference);
  const { message, remedy } = parsed;
  throw new DeployError('config-invalid', { subject, message: `the signing key ${subject} ${message}`, remedy });
}
