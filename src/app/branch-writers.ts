import type { Repository } from '../config/checked/config.ts';
import { DeployError } from '../error/deploy-error.ts';
import { openBranchWriter } from '../git/write/branch-writer.ts';
import type { BranchWriter } from '../images/branch-writer.ts';
import type { AppRuntime } from './app-runtime.ts';
import { resolveSecret } from './secrets.ts';
import type { SecretSources } from './secrets.ts';

const SECRET_TIMEOUT_MS = 15_000;

/** Writes to a repository with its credentials for writing. @throws DeployError `config-invalid` when it has none */
export async function openWriterOf(
  repository: Repository,
  { gitServerOf, secrets }: Pick<AppRuntime, 'gitServerOf'> & { readonly secrets: SecretSources },
): Promise<BranchWriter> {
  if (repository.write === null) throw notWritable(repository);
  const token = await resolveSecret(repository.write, secrets, AbortSignal.timeout(SECRET_TIMEOUT_MS));
  return openBranchWriter(await gitServerOf(repository, token));
}

function notWritable({ name }: Repository): DeployError {
  return new DeployError('config-invalid', {
    subject: name,
    message: 'the repository has no credentials to write with',
    remedy: 'Add write: env:FLEET_WRITE_TOKEN to it in headgate.yml.',
  });
}
