import { createParameter, createSecret } from '../../platforms/aws/secrets/create-secret.ts';
import type { Aws } from '../../platforms/aws/api/request.ts';
import { secretRights } from '../../platforms/aws/secrets/secret-rights.ts';
import type { AwsReference, AwsSecrets } from '../../platforms/aws/secrets/secrets.ts';
import type { Config } from '../../config/checked/config.ts';
import { formatReference } from '../../config/written/reference.ts';
import { DeployError } from '../../error/deploy-error.ts';

/** What has to be done about one secret of headgate.yml before a push is deployed. */
export interface SecretPlan {
  readonly reference: AwsReference;
  readonly kind: 'found' | 'generate' | 'bring';
}

/** A webhook's secret is known to nobody but the two ends: it can be made up. A credential is given by the Git host. */
export async function planStackSecrets(
  config: Config,
  secrets: AwsSecrets,
  signal: AbortSignal,
): Promise<readonly SecretPlan[]> {
  const { webhook, deploy } = secretRights(config);
  const all = [
    ...webhook.map((reference) => ({ reference, kind: 'generate' as const })),
    ...deploy.map((reference) => ({ reference, kind: 'bring' as const })),
  ];
  return Promise.all(
    all.map(async ({ reference, kind }): Promise<SecretPlan> => {
      const isThere = await looks(reference, secrets, signal);
      if (isThere) return { reference, kind: 'found' };
      return { reference, kind: kind === 'generate' && isPlainName(reference) ? 'generate' : 'bring' };
    }),
  );
}

async function looks(reference: AwsReference, secrets: AwsSecrets, signal: AbortSignal): Promise<boolean> {
  return secrets.read(reference, signal).then(
    () => true,
    (thrown: unknown) => {
      if (thrown instanceof DeployError && thrown.code === 'secret-missing') return false;
      throw thrown;
    },
  );
}

/** By its ARN, or as one key beside others, a secret is somebody else's. */
function isPlainName(reference: AwsReference): boolean {
  if (reference.kind === 'ssm') return !reference.name.startsWith('arn:');
  return !reference.id.startsWith('arn:') && reference.key === null;
}

export interface SecretGenerator {
  readonly aws: Aws;
  readonly region: string;
  readonly randomId: () => string;
  /** 64 hex digits that nobody can guess. */
  readonly randomSecret: () => string;
}

export async function generateSecret(
  reference: AwsReference,
  { aws, region, randomId, randomSecret }: SecretGenerator,
  signal: AbortSignal,
): Promise<void> {
  const value = randomSecret();
  if (reference.kind === 'ssm') await createParameter({ name: reference.name, value, region }, aws, signal);
  else await createSecret({ name: reference.id, value, region }, { aws, randomId }, signal);
}

export function formatSecretPlan({ reference, kind }: SecretPlan): string {
  const name = formatReference(reference);
  switch (kind) {
    case 'found':
      return `  = ${name}`;
    case 'generate':
      return `  + ${name}  (64 random hex digits)`;
    case 'bring':
      return `  ! ${name}  is missing, and is yours to bring: ${bringing(reference)}`;
    default:
      return kind satisfies never;
  }
}

/** Read from a terminal or a pipe, so that it stands in no history. */
function bringing(reference: AwsReference): string {
  return reference.kind === 'ssm'
    ? `aws ssm put-parameter --type SecureString --name ${reference.name} --value file:///dev/stdin`
    : `aws secretsmanager create-secret --name ${reference.id} --secret-string file:///dev/stdin`;
}
