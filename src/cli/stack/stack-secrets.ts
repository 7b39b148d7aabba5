import { describeSecret } from '../../platforms/aws/secrets/describe-secret.ts';
import { createSecret } from '../../platforms/aws/secrets/write-secret.ts';
import type { SecretWriter } from '../../platforms/aws/secrets/write-secret.ts';
import type { Aws } from '../../platforms/aws/api/request.ts';
import { secretRights } from '../../platforms/aws/secrets/secret-rights.ts';
import type { AwsReference } from '../../platforms/aws/secrets/secrets.ts';
import type { Config } from '../../config/checked/config.ts';
import { formatReference } from '../../config/written/reference.ts';

/** What one secret of headgate.yml needs before the functions can work: nothing, to be generated, or to be provided. A parameter that is named by its ARN may be in another account, which lists it only there. */
export interface SecretPlan {
  readonly reference: AwsReference;
  readonly kind: 'exists' | 'generate' | 'provide' | 'unchecked';
}

/** A webhook secret can be generated, because only the Git host and Headgate use it. A credential comes from the Git host. */
export async function planStackSecrets(
  config: Config,
  at: { readonly aws: Aws; readonly region: string },
  signal: AbortSignal,
): Promise<readonly SecretPlan[]> {
  const { webhook, deploy, work } = secretRights(config);
  const keys = new Set(config.keys.map(formatReference));
  const own = new Map([...deploy, ...work].map((reference) => [formatReference(reference), reference]));
  const all = [
    ...webhook.map((reference) => ({ reference, canGenerate: isPlainName(reference) })),
    // Headgate alone signs with its keys.
    ...[...own].map(([name, reference]) => ({ reference, canGenerate: keys.has(name) && isPlainName(reference) })),
  ];
  return Promise.all(
    all.map(async ({ reference, canGenerate }): Promise<SecretPlan> => {
      if (reference.kind === 'ssm' && reference.name.startsWith('arn:')) return { reference, kind: 'unchecked' };
      const isStored = (await describeSecret(reference, at, signal)) !== null;
      if (isStored) return { reference, kind: 'exists' };
      return { reference, kind: canGenerate ? 'generate' : 'provide' };
    }),
  );
}

/** A secret that is named by its ARN, or is one key among others, belongs to something else. */
function isPlainName(reference: AwsReference): boolean {
  if (reference.kind === 'ssm') return !reference.name.startsWith('arn:');
  return !reference.id.startsWith('arn:') && reference.key === null;
}

export interface SecretGenerator extends SecretWriter {
  /** 64 unpredictable hex digits. */
  readonly randomSecret: () => string;
}

export async function generateSecret(
  reference: AwsReference,
  generator: SecretGenerator,
  signal: AbortSignal,
): Promise<void> {
  await createSecret(reference, { value: generator.randomSecret(), kmsKey: null }, generator, signal);
}

export function formatSecretPlan({ reference, kind }: SecretPlan): string {
  const name = formatReference(reference);
  switch (kind) {
    case 'exists':
      return `  = ${name}`;
    case 'generate':
      return `  + ${name}  (64 random hex digits)`;
    case 'provide':
      return `  ! ${name}  is missing; store it with: headgate secret set ${name}`;
    case 'unchecked':
      return `  ? ${name}  is named by its ARN; headgate doctor checks whether the functions can read it`;
    default:
      return kind satisfies never;
  }
}
