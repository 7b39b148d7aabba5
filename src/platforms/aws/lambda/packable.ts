import type { Config, Repository, TargetSettings } from '../../../config/checked/config.ts';
import { formatReference } from '../../../config/written/reference.ts';
import { unbuiltKeys } from '../../../config/derived/unbuilt.ts';
import type { Problem } from '../../../error/deploy-error.ts';
import type { SecretReference } from '../../../config/written/reference.ts';

/** What functions do not support: they cannot read the administrator's files or kubeconfigs, they have no git, and some keys are not built yet. */
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
    ...unbuiltKeys(config, 'the functions on AWS do not', [
      'images',
      'promotions',
      'pullRequests',
      'previews',
      'approval',
      'record',
    ]),
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

function referencesOf({ webhookSecrets, credentials }: Repository): readonly SecretReference[] {
  if (credentials === null) return webhookSecrets;
  return [...webhookSecrets, credentials.kind === 'token' ? credentials.token : credentials.privateKey];
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
