import type { AwsReference, AwsSecrets } from '../platforms/aws/secrets/secrets.ts';
import type { Repository } from '../config/checked/config.ts';
import { formatReference } from '../config/written/reference.ts';
import { DeployError } from '../error/deploy-error.ts';
import type { SecretReference } from '../config/written/reference.ts';

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<string>;
  readonly aws: AwsSecrets;
}

/**
 * The secret that a reference of headgate.yml points at; it never stands in an error.
 * @throws DeployError `secret-missing` when it is not there, or empty.
 */
export async function resolveSecret(
  reference: SecretReference,
  sources: SecretSources,
  signal: AbortSignal,
): Promise<string> {
  switch (reference.kind) {
    case 'env': {
      const value = sources.env[reference.name];
      if (value === undefined) throw missing(reference, 'is not set', `Set ${reference.name} in the environment.`);
      return present(value, reference);
    }
    case 'file':
      return present(withoutNewline(await read(reference, sources)), reference);
    case 'ssm':
    case 'secretsmanager':
      return present(await sources.aws.read(reference, signal), reference);
    default:
      return reference satisfies never;
  }
}

export interface WebhookSecrets {
  readonly secretsOf: (repository: Repository, signal: AbortSignal) => Promise<readonly string[]>;
  readonly rotatedSecretsOf: (repository: Repository, signal: AbortSignal) => Promise<readonly string[] | null>;
}

/** What deliveries are signed with. Only what is kept in memory can be out of date: files and the environment never are. */
export function webhookSecrets(sources: SecretSources): WebhookSecrets {
  const secretsOf: WebhookSecrets['secretsOf'] = (repository, signal) =>
    Promise.all(repository.webhookSecrets.map((reference) => resolveSecret(reference, sources, signal)));
  return {
    secretsOf,
    async rotatedSecretsOf(repository, signal) {
      const kept = repository.webhookSecrets.filter(isKept);
      const reread = await Promise.all(kept.map((reference) => sources.aws.reread(reference, signal)));
      return reread.includes(true) ? secretsOf(repository, signal) : null;
    },
  };
}

function isKept(reference: SecretReference): reference is AwsReference {
  return reference.kind === 'ssm' || reference.kind === 'secretsmanager';
}

async function read(reference: Extract<SecretReference, { kind: 'file' }>, sources: SecretSources): Promise<string> {
  try {
    return await sources.readFile(reference.path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    const what = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw missing(reference, what, 'Create the file, or mend the path or its rights.', cause);
  }
}

/** Editors and `echo` end a file with one newline that is no part of the secret. */
function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

function present(value: string, reference: SecretReference): string {
  if (value.trim() === '') throw missing(reference, 'is empty', 'Put the secret there: an empty one is never used.');
  return value;
}

function missing(reference: SecretReference, what: string, remedy: string, cause?: unknown): DeployError {
  const subject = formatReference(reference);
  return new DeployError('secret-missing', { subject, message: `the secret ${subject} ${what}`, remedy, cause });
}
