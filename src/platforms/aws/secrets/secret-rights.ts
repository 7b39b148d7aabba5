import { referencesOfChannel } from '../../../config/checked/channel.ts';
import { writeSecretsOf } from '../../../config/derived/write-secrets.ts';
import type { Config, ImagePolicy, Repository, TargetSettings } from '../../../config/checked/config.ts';
import { usesWork } from '../../../config/derived/uses-work.ts';
import { formatReference } from '../../../config/written/reference.ts';
import { DeployError } from '../../../error/deploy-error.ts';
import type { AwsReference } from './secrets.ts';
import type { SecretReference } from '../../../config/written/reference.ts';

export interface SecretRights {
  readonly webhook: readonly AwsReference[];
  readonly deploy: readonly AwsReference[];
  readonly check: readonly AwsReference[];
  readonly sweep: readonly AwsReference[];
  /** Nothing, unless headgate.yml uses something that is done beside deploys. */
  readonly work: readonly AwsReference[];
}

/**
 * The secrets that each function needs, and so may read: the public webhook function never reads
 * a Git credential, and only the work function reads what writes to Git or sends messages.
 * @throws DeployError `config-invalid` for a secret that functions could only get in clear text
 */
export function secretRights(config: Config): SecretRights {
  const { repositories, targets, templates, images, channels, keys, previews, promotions } = config;
  const all = [...repositories.values()];
  const git = all.flatMap(credentialsOf);
  const isPlanned = all.some(({ pullRequests }) => pullRequests.plan);
  const deployed = [...targets, ...templates.map(({ settings }) => settings)];
  // They sign what is shown on pull requests, and the records of images and promotions; and they prove what was approved.
  const isRecorded = images.size > 0 || promotions.size > 0;
  const signing = isPlanned || isRecorded || previews.length > 0 ? keys : [];
  const isApproved = isPlanned || deployed.some(({ approval }) => approval === 'plan');
  const work = [
    ...git,
    ...all.flatMap(writeSecretsOf),
    ...[...images.values()].flatMap(secretsOfImage),
    ...[...channels.values()].flatMap(referencesOfChannel),
    // A plan renders what a run would.
    ...deployed.flatMap((settings) => (settings.repository.pullRequests.plan ? keysOf(settings) : [])),
    ...signing,
  ];
  const hooks = [
    ...all.flatMap(({ webhookSecrets }) => webhookSecrets),
    ...[...images.values()].flatMap(({ webhook }) => webhook?.secrets ?? []),
  ];
  return {
    webhook: onAws(hooks),
    // Deploys decrypt manifests; checks and sweeps do not.
    deploy: onAws([...git, ...deployed.flatMap(keysOf), ...(isApproved ? keys : [])]),
    check: onAws(git),
    sweep: onAws(git),
    work: usesWork(config) ? onAws(work) : [],
  };
}

function secretsOfImage({ credentials, commit }: ImagePolicy): readonly SecretReference[] {
  const password = credentials?.kind === 'password' ? [credentials.password] : [];
  return commit.signingKey === null ? password : [...password, commit.signingKey];
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
      message: 'functions cannot use this secret: in the template, everyone who can view a function could read it',
      remedy:
        'Store it in Parameter Store or Secrets Manager, and refer to it as ssm:NAME or secretsmanager:ID in headgate.yml.',
    });
  });
}
