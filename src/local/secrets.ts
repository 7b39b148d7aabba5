import { readFile } from 'node:fs/promises';
import type { SecretReference } from '../config/config.ts';
import { formatReference } from '../config/reference.ts';
import { DeployError } from '../error/deploy-error.ts';

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<string>;
}

/** The environment and the disk of this process. */
export function localSecrets(env: SecretSources['env']): SecretSources {
  return { env, readFile: (path) => readFile(path, 'utf8') };
}

/**
 * The secret that a reference of headgate.yml points at; it never stands in an error.
 * @throws DeployError `secret-missing` when it is not there, or empty.
 */
export async function resolveSecret(reference: SecretReference, sources: SecretSources): Promise<string> {
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
      throw missing(reference, 'needs AWS, and comes with the deployment there', 'Use env:NAME or file:PATH here.');
    default:
      return reference satisfies never;
  }
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
