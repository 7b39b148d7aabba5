import { referencesOfChannel } from '../../../config/checked/channel.ts';
import { writeSecretsOf } from '../../../config/derived/write-secrets.ts';
import type { Config, Repository, TargetSettings } from '../../../config/checked/config.ts';
import { formatReference } from '../../../config/written/reference.ts';
import type { Problem } from '../../../error/deploy-error.ts';
import type { SecretReference } from '../../../config/written/reference.ts';

/** What functions do not support: they cannot read the administrator's files or kubeconfigs, and they have no git. */
export function refusedInFunctions(config: Config): readonly Problem[] {
  const { clusters, repositories, targets, templates } = config;
  return [
    ...[...clusters.values()].flatMap((cluster) => (cluster.kind === 'eks' ? [] : [refuseKubeconfig(cluster.name)])),
    ...[...repositories.values()].flatMap((repository) =>
      referencesOf(repository).flatMap((reference) =>
        reference.kind === 'file' ? [refuseFile(`repository ${repository.name}`, reference)] : [],
      ),
    ),
    ...targets.flatMap((target) => refuseSettings(`target ${target.name}`, target)),
    ...templates.flatMap(({ name, settings }) => refuseSettings(`template ${name}`, settings)),
    ...others(config).flatMap(([subject, reference]) =>
      reference.kind === 'file' ? [refuseFile(subject, reference)] : [],
    ),
  ];
}

function refuseSettings(subject: string, { decryption, kustomize }: TargetSettings): readonly Problem[] {
  const cloned = kustomize.remoteBases.filter((host) => !SERVE_FILES_ALONE.has(host));
  return [
    ...(decryption?.age?.kind === 'file' ? [refuseFile(subject, decryption.age)] : []),
    ...cloned.map((host) => refuseRemoteBase(subject, host)),
  ];
}

/** kustomize reads these over HTTP: nothing on them can be cloned. */
const SERVE_FILES_ALONE: ReadonlySet<string> = new Set(['raw.githubusercontent.com', 'gist.githubusercontent.com']);

function refuseRemoteBase(subject: string, host: string): Problem {
  return {
    code: 'config-invalid',
    subject,
    message: `kustomize.remoteBases has ${host}, and functions have no git to clone a remote base with`,
    remedy: 'Copy the base into the repository, or deploy this target with headgate serve.',
  };
}

function referencesOf(repository: Repository): readonly SecretReference[] {
  const { webhookSecrets, credentials } = repository;
  const own = [...webhookSecrets, ...writeSecretsOf(repository)];
  if (credentials === null || credentials.kind === 'iam') return own;
  return [...own, credentials.kind === 'token' ? credentials.token : credentials.privateKey];
}

/** The secrets of what is done beside deploys. */
function others({ images, channels, keys }: Config): readonly (readonly [subject: string, SecretReference])[] {
  return [
    ...keys.map((key) => ['key', key] as const),
    ...[...images.values()].flatMap(({ name, webhook, credentials, commit }) =>
      [
        ...(webhook?.secrets ?? []),
        ...(credentials?.kind === 'password' ? [credentials.password] : []),
        ...(commit.signingKey === null ? [] : [commit.signingKey]),
      ].map((reference) => [`image ${name}`, reference] as const),
    ),
    ...[...channels.values()].flatMap((channel) =>
      referencesOfChannel(channel).map((reference) => [`channel ${channel.name}`, reference] as const),
    ),
  ];
}

function refuseKubeconfig(name: string): Problem {
  return {
    code: 'config-invalid',
    subject: `cluster ${name}`,
    message: 'functions on AWS cannot use a kubeconfig',
    remedy: 'Configure eks: { name, region, role }, or deploy to this cluster with headgate serve.',
  };
}

function refuseFile(subject: string, reference: SecretReference): Problem {
  return {
    code: 'config-invalid',
    subject,
    message: `${formatReference(reference)} is a file, and secrets are never packaged with the functions`,
    remedy: 'Store it in Parameter Store or Secrets Manager, and refer to it as ssm:NAME or secretsmanager:ID.',
  };
}
