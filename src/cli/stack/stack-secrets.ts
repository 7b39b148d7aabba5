import { createParameter, createSecret } from '../../platforms/aws/secrets/create-secret.ts';
import type { Aws } from '../../platforms/aws/api/request.ts';
import { secretRights } from '../../platforms/aws/secrets/secret-rights.ts';
import type { AwsReference, AwsSecrets } from '../../platforms/aws/secrets/secrets.ts';
import type { Config } from '../../config/checked/config.ts';
import { formatReference } from '../../config/written/reference.ts';
import { DeployError } from '../../error/deploy-error.ts';

/** What one secret of headgate.yml needs before the functions can work: nothing, to be generated, or to be provided. */
export interface SecretPlan {
  readonly reference: AwsReference;
  readonly kind: 'exists' | 'generate' | 'provide';
}

/** A webhook secret can be generated, because only the Git host and Headgate use it. A credential comes from the Git host. */
export async function planStackSecrets(
  config: Config,
  secrets: AwsSecrets,
  signal: AbortSignal,
): Promise<readonly SecretPlan[]> {
  const { webhook, deploy } = secretRights(config);
  const all = [
    ...webhook.map((reference) => ({ reference, canGenerate: isPlainName(reference) })),
    ...deploy.map((reference) => ({ reference, canGenerate: false })),
  ];
  return Promise.all(
    all.map(async ({ reference, canGenerate }): Promise<SecretPlan> => {
      if (await exists(reference, secrets, signal)) return { reference, kind: 'exists' };
      return { reference, kind: canGenerate ? 'generate' : 'provide' };
    }),
  );
}

async function exists(reference: AwsReference, secrets: AwsSecrets, signal: AbortSignal): Promise<boolean> {
  return secrets.read(reference, signal).then(
    () => true,
    (thrown: unknown) => {
      if (thrown instanceof DeployError && thrown.code === 'secret-missing') return false;
      throw thrown;
    },
  );
}

/** A secret that is named by its ARN, or is one key among others, belongs to something else. */
function isPlainName(reference: AwsReference): boolean {
  if (reference.kind === 'ssm') return !reference.name.startsWith('arn:');
  return !reference.id.startsWith('arn:') && reference.key === null;
}

export interface SecretGenerator {
  readonly aws: Aws;
  readonly region: string;
  readonly randomId: () => string;
  /** 64 unpredictable hex digits. */
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
    case 'exists':
      return `  = ${name}`;
    case 'generate':
      return `  + ${name}  (64 random hex digits)`;
    case 'provide':
      return `  ! ${name}  is missing; create it with: ${createCommand(reference)}`;
    default:
      return kind satisfies never;
  }
}

/** Reads the value from stdin, so that it stays out of the shell's history. */
function createCommand(reference: AwsReference): string {
  return reference.kind === 'ssm'
    ? `aws ssm put-parameter --type SecureString --name ${reference.name} --value file:///dev/stdin`
    : `aws secretsmanager create-secret --name ${reference.id} --secret-string file:///dev/stdin`;
}
