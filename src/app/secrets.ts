import type { AwsReference, AwsSecrets } from '../platforms/aws/secrets/secrets.ts';
import { formatReference } from '../config/written/reference.ts';
import type { Reception } from '../deploy/webhook/reception.ts';
import { DeployError, reasonOf } from '../error/deploy-error.ts';
import type { SecretReference } from '../config/written/reference.ts';
import type { SecretStore } from './secret-store.ts';

/** How long reading a secret may take. */
export const SECRET_TIMEOUT_MS = 15_000;

export interface SecretSources {
  /** Default: references mean the environment, files and AWS. */
  readonly store?: SecretStore | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<string>;
  readonly aws: AwsSecrets;
}

/**
 * The secret that a reference of headgate.yml points to. It is never part of an error.
 * @throws DeployError `secret-missing` when it does not exist or is empty
 */
export async function resolveSecret(
  reference: SecretReference,
  sources: SecretSources,
  signal: AbortSignal,
): Promise<string> {
  if (sources.store !== undefined) return present(await stored(reference, sources.store, signal), reference);
  switch (reference.kind) {
    case 'env': {
      const value = sources.env[reference.name];
      if (value === undefined) throw missing(reference, 'is not set', `Set ${reference.name} in the environment.`);
      return present(value, reference);
    }
    case 'file':
      return present(await read(reference, sources), reference);
    case 'ssm':
    case 'secretsmanager':
      return present(await sources.aws.read(reference, signal), reference);
    default:
      return reference satisfies never;
  }
}

export type WebhookSecrets = Pick<Reception, 'secretsOf' | 'rotatedSecretsOf'>;

/** The secrets that deliveries are signed with. Only those from AWS are cached, and so can be out of date. */
export function webhookSecrets(sources: SecretSources): WebhookSecrets {
  const secretsOf: WebhookSecrets['secretsOf'] = (of, signal) =>
    Promise.all(of.webhookSecrets.map((reference) => resolveSecret(reference, sources, signal)));
  return {
    secretsOf,
    async rotatedSecretsOf(of, signal) {
      const kept = of.webhookSecrets.filter(isKept);
      const reread = await Promise.all(kept.map((reference) => sources.aws.reread(reference, signal)));
      return reread.includes(true) ? secretsOf(of, signal) : null;
    },
  };
}

function isKept(reference: SecretReference): reference is AwsReference {
  return reference.kind === 'ssm' || reference.kind === 'secretsmanager';
}

async function stored(reference: SecretReference, store: SecretStore, signal: AbortSignal): Promise<string> {
  try {
    return await store(reference, signal);
  } catch (cause) {
    if (cause instanceof DeployError) throw cause;
    throw missing(
      reference,
      `cannot be read: ${reasonOf(cause)}`,
      'Store the secret where the deployer reads it.',
      cause,
    );
  }
}

async function read(reference: Extract<SecretReference, { kind: 'file' }>, sources: SecretSources): Promise<string> {
  try {
    return await sources.readFile(reference.path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    const what = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw missing(reference, what, 'Create the file, or fix its path or permissions.', cause);
  }
}

/** Editors, `echo` and `aws … file:///dev/stdin` end a value with a newline that does not belong to the secret. */
function present(value: string, reference: SecretReference): string {
  if (value.trim() === '') throw missing(reference, 'is empty', 'Set the secret: an empty one is never used.');
  return value.replace(/\r?\n$/, '');
}

function missing(reference: SecretReference, what: string, remedy: string, cause?: unknown): DeployError {
  const subject = formatReference(reference);
  return new DeployError('secret-missing', { subject, message: `the secret ${subject} ${what}`, remedy, cause });
}
