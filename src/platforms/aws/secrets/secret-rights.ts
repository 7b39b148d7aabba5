import type { Config, Repository, TargetSettings } from '../../../config/checked/config.ts';
import { formatReference } from '../../../config/written/reference.ts';
import { DeployError } from '../../../error/deploy-error.ts';
import type { AwsReference } from './secrets.ts';
import type { SecretReference } from '../../../config/written/reference.ts';

export interface SecretRights {
  readonly webhook: readonly AwsReference[];
  readonly deploy: readonly AwsReference[];
  readonly sweep: readonly AwsReference[];
}

/**
 * Which secrets each function has to read, and so may (design decision 12): the side that strangers can reach never
 * reads a Git credential. @throws DeployError `config-invalid` for one that functions cannot have without showing it.
 */
export function secretRights({
  repositories,
  targets,
  templates,
}: Pick<Config, 'repositories' | 'targets' | 'templates'>): SecretRights {
  const all = [...repositories.values()];
  const git = onAws(all.flatMap(credentialsOf));
  const known = new Set(git.map((reference) => formatReference(reference)));
  // Only what renders sees what is encrypted.
  const deployed = [...targets, ...templates.map(({ settings }) => settings)];
  const keys = onAws(deployed.flatMap(keysOf)).filter((reference) => !known.has(formatReference(reference)));
  return { webhook: onAws(all.flatMap(({ webhookSecrets }) => webhookSecrets)), deploy: [...git, ...keys], sweep: git };
}

function credentialsOf({ credentials }: Repository): readonly SecretReference[] {
  if (credentials === null) return [];
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
        'functions cannot have it: it would stand in clear text in the template, for everyone who may look at a function',
      remedy:
        'Put it into the parameter store or the secrets manager, and write ssm:NAME or secretsmanager:ID in headgate.yml.',
    });
  });
}
