import type { Config, Repository, TargetSettings } from '../../../config/checked/config.ts';
import { formatReference } from '../../../config/written/reference.ts';
import type { Problem } from '../../../error/deploy-error.ts';
import type { SecretReference } from '../../../config/written/reference.ts';

/** What of a configuration functions cannot do: they have no disk of the administrator's, and no kubeconfig. */
export function refusedInFunctions({ clusters, repositories, targets, templates }: Config): readonly Problem[] {
  return [
    ...[...clusters.values()].flatMap((cluster) => (cluster.kind === 'eks' ? [] : [refuseKubeconfig(cluster.name)])),
    ...[...repositories.values()].flatMap((repository) =>
      referencesOf(repository).flatMap((reference) =>
        reference.kind === 'file' ? [refuseFile(`repository ${repository.name}`, reference)] : [],
      ),
    ),
    ...targets.flatMap((target) => refuseKey(`target ${target.name}`, target)),
    ...templates.flatMap(({ name, settings }) => refuseKey(`template ${name}`, settings)),
  ];
}

function refuseKey(subject: string, { decryption }: TargetSettings): readonly Problem[] {
  return decryption?.age?.kind === 'file' ? [refuseFile(subject, decryption.age)] : [];
}

function referencesOf({ webhookSecrets, credentials }: Repository): readonly SecretReference[] {
  if (credentials === null) return webhookSecrets;
  return [...webhookSecrets, credentials.kind === 'token' ? credentials.token : credentials.privateKey];
}

function refuseKubeconfig(name: string): Problem {
  return {
    code: 'config-invalid',
    subject: `cluster ${name}`,
    message: 'it has a kubeconfig, and functions on AWS read none',
    remedy: 'Name it with eks: { name, region, role }, or deploy to it with headgate serve.',
  };
}

function refuseFile(subject: string, reference: SecretReference): Problem {
  return {
    code: 'config-invalid',
    subject,
    message: `${formatReference(reference)} is a file, and a secret is never packed with the functions`,
    remedy: 'Put it into the parameter store or the secrets manager, and write ssm:NAME or secretsmanager:ID.',
  };
}
