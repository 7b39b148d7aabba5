import type { Target } from '../config/checked/config.ts';
import { formatReference } from '../config/written/reference.ts';
import { DeployError } from '../error/deploy-error.ts';
import type { WrappedKey } from '../desired/sops/envelope.ts';
import { resolveSecret } from './secrets.ts';
import type { SecretSources } from './secrets.ts';
import type { DataKeys } from '../deploy/ports/data-keys.ts';

/** Opens data keys with the keys of the target, for one run. Each data key is opened once. */
export function openDataKeys({ decryption }: Target, secrets: SecretSources): DataKeys {
  const opened = new Map<string, Promise<Uint8Array | null>>();
  return {
    open(key, signal) {
      if (decryption === null) return Promise.resolve(null);
      const name = JSON.stringify(key);
      const known = opened.get(name) ?? open(key, { decryption, secrets, signal });
      opened.set(name, known);
      return known;
    },
  };
}

async function open(
  { age, kms }: WrappedKey,
  {
    decryption,
    secrets,
    signal,
  }: { decryption: NonNullable<Target['decryption']>; secrets: SecretSources; signal: AbortSignal },
): Promise<Uint8Array | null> {
  if (decryption.age !== null && age.length > 0) {
    // The library is loaded only for encrypted files.
    const { openByAge, readIdentities } = await import('../desired/sops/age.ts');
    const identities = readIdentities(await resolveSecret(decryption.age, secrets, signal));
    if (identities.length === 0) throw noIdentity(formatReference(decryption.age));
    const key = await openByAge(age, identities);
    if (key !== null) return key;
  }
  if (!decryption.kms) return null;
  for (const each of kms) {
    const key = await secrets.aws.unwrap(each, signal);
    if (key !== null) return key;
  }
  return null;
}

function noIdentity(subject: string): DeployError {
  return new DeployError('secret-missing', {
    subject,
    message: `the secret ${subject} contains no age key`,
    remedy: 'Store the output of age-keygen in it: a line that begins with AGE-SECRET-KEY-1.',
  });
}
