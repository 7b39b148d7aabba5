import type { Config, Repository, TargetSettings } from '../../../config/checked/config.ts';
import { formatReference } from '../../../config/written/reference.ts';
import type { Problem } from '../../../error/deploy-error.ts';
import type { SecretReference } from '../../../config/written/reference.ts';

/** What functions do not support: they cannot read the administrator's files or kubeconfigs, and they have no git. */
export function refusedInFunctions({ clusters, repositories, targets, templates, images }: Config): readonly Problem[] {
  return [
    ...[...clusters.values()].flatMap((cluster) => (cluster.kind === 'eks' ? [] : [refuseKubeconfig(cluster.name)])),
    ...[...repositories.values()].flatMap((repository) =>
      referencesOf(repository).flatMap((reference) =>
        reference.kind === 'file' ? [refuseFile(`repository ${repository.name}`, reference)] : [],
      ),
    ),
    ...targets.flatMap((target) => refuseSettings(`target ${target.name}`, target)),
    ...templates.flatMap(({ name, settings }) => refuseSettings(`template ${name}`, settings)),
    ...[...images.keys()].map(refuseImage),
  ];
}

function refuseSettings(subject: string, { decryption, kustomize, notify }: TargetSettings): readonly Problem[] {
  const cloned = kustomize.remoteBases.filter((host) => !SERVE_FILES_ALONE.has(host));
  return [
    ...(decryption?.age?.kind === 'file' ? [refuseFile(subject, decryption.age)] : []),
    ...cloned.map((host) => refuseRemoteBase(subject, host)),
    ...(notify.length === 0 ? [] : [refuseNotify(subject, notify)]),
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

function refuseNotify(subject: string, notify: readonly string[]): Problem {
  return {
    code: 'config-invalid',
    subject,
    message: `notify has ${notify.join(', ')}, and functions on AWS send no messages yet`,
    remedy: 'Remove notify from it and from its repository, or deploy this target with headgate serve.',
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

function refuseImage(name: string): Problem {
  return {
    code: 'config-invalid',
    subject: `image ${name}`,
    message: 'functions on AWS do not write new images yet',
    remedy: 'Remove images from this headgate.yml, and run headgate serve with one that has them.',
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
