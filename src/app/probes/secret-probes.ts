import type { Repository, TargetSettings, ImagePolicy } from '../../config/checked/config.ts';
import { writeSecretsOf } from '../../config/derived/write-secrets.ts';
import { formatReference } from '../../config/written/reference.ts';
import type { SecretReference } from '../../config/written/reference.ts';
import { resolveSecret } from '../secrets.ts';
import type { SecretSources } from '../secrets.ts';
import type { Probe } from './probe.ts';

/** One probe for each secret, however often it is named. */
export function secretProbes(references: readonly SecretReference[], secrets: SecretSources): readonly Probe[] {
  return [...new Map(references.map((reference) => [formatReference(reference), reference]))].map(
    ([name, reference]) => ({
      kind: 'secret',
      name,
      run: async (signal) => {
        await resolveSecret(reference, secrets, signal);
        return 'found';
      },
    }),
  );
}

export function keysOf({ decryption }: TargetSettings): readonly SecretReference[] {
  return decryption === null || decryption.age === null ? [] : [decryption.age];
}

export function secretsOf(repository: Repository): readonly SecretReference[] {
  return [...repository.webhookSecrets, ...credentialsOf(repository), ...writeSecretsOf(repository)];
}

export function imageSecretsOf({ webhook, credentials }: ImagePolicy): readonly SecretReference[] {
  return [...(webhook?.secrets ?? []), ...(credentials?.kind === 'password' ? [credentials.password] : [])];
}

export function signingKeysOf({ commit }: ImagePolicy): readonly SecretReference[] {
  return commit.signingKey === null ? [] : [commit.signingKey];
}

/** A key that cannot sign is found before a commit needs it. */
export function signingKeyProbes(references: readonly SecretReference[], secrets: SecretSources): readonly Probe[] {
  return [...new Map(references.map((reference) => [formatReference(reference), reference]))].map(
    ([name, reference]) => ({
      kind: 'secret',
      name,
      async run(signal) {
        const { readSigningKey } = await import('../images/open-signer.ts');
        return `signs with ${(await readSigningKey(reference, secrets, signal)).type}`;
      },
    }),
  );
}

export function credentialsOf({ credentials }: Repository): readonly SecretReference[] {
  if (credentials === null || credentials.kind === 'iam') return [];
  return [credentials.kind === 'token' ? credentials.token : credentials.privateKey];
}
