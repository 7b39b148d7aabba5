import type { Config, Repository, TargetSettings } from '../../../config/checked/config.ts';
import { formatReference } from '../../../config/written/reference.ts';
import { DeployError } from '../../../error/deploy-error.ts';
import type { AwsReference } from './secrets.ts';
import type { SecretReference } from '../../../config/written/reference.ts';

export interface SecretRights {
  readonly webhook: readonly AwsReference[];
  readonly deploy: readonly AwsReference[];
  readonly check: readonly AwsReference[];
  readonly sweep: readonly AwsReference[];
}

/**
 * The secrets that each function needs, and so may read (design decision 12): the public webhook function never reads a
 * Git credential.
 * @throws DeployError `config-invalid` for a secret that functions could only get in clear text
 */
export function secretRights({
  repositories,
  targets,
  templates,
}: Pick<Config, 'repositories' | 'targets' | 'templates'>): SecretRights {
  const all = [...repositories.values()];
  const git = onAws(all.flatMap(credentialsOf));
  const known = new Set(git.map((reference) => formatReference(reference)));
  // Only the deploy function decrypts manifests.
  const deployed = [...targets, ...templates.map(({ settings }) => settings)];
  const keys = onAws(deployed.flatMap(keysOf)).filter((reference) => !known.has(formatReference(reference)));
  const webhook = onAws(all.flatMap(({ webhookSecrets }) => webhookSecrets));
  return { webhook, deploy: [...git, ...keys], check: git, sweep: git };
}

function credentialsOf({ credentials }: Repository): readonly SecretReference[] {
  if (credentials === null || credentials.kind === 'iam') return [];
  return [credentials.kind === 'token' ? credentials.token : credentials.privateKey];
}

function keysOf({ decryption }: TargetSettings): readonly SecretReference[] {
  return decryption === null || decryption.age === null ? [] : [decryption.age];
}

function onAws(references: readonly SecretReference[]): readonly AwsReference[] {
  const named = new Map(references.map((reference) => [formatReference(reference), reference]));
  return [...named].map(([name, reference]) => {
    if (reference.kind === 'ssm' || reference.kind === 'secretsmanager') return reference;
    throw new DeployError('config-invalid', {
      subject: name,
      message:
        'functions cannot use this secret: it would be in clear text in the template, for everyone who may read a function',
      remedy:
        'Store it in Parameter Store or Secrets Manager, and refer to it as ssm:NAME or secretsmanager:ID in headgate.yml.',
    });
  });
}
