import type { Repository } from '../config/checked/config.ts';
import { DeployError } from '../error/deploy-error.ts';
import type { GitServer } from '../git/wire/transport.ts';
import { openBranchWriter } from '../git/write/branch-writer.ts';
import { openRefWriter } from '../git/write/ref-writer.ts';
import type { RefWriter } from '../git/write/ref-writer.ts';
import type { BranchWriter } from '../images/branch-writer.ts';
import type { AppRuntime } from './app-runtime.ts';
import { resolveSecret, SECRET_TIMEOUT_MS } from './secrets.ts';
import type { SecretSources } from './secrets.ts';

/*
 * Writers to a repository, with its credentials for writing.
 * @throws DeployError `config-invalid` when it has none
 */

export type WritingRuntime = Pick<AppRuntime, 'gitServerOf'> & { readonly secrets: SecretSources };

/** Of branches. */
export async function openWriterOf(repository: Repository, runtime: WritingRuntime): Promise<BranchWriter> {
  return openBranchWriter(await writeServerOf(repository, runtime));
}

/** Of the refs that only Headgate writes. */
export async function refWriterOf(
  repository: Repository,
  runtime: WritingRuntime & Pick<AppRuntime, 'openGit'>,
): Promise<RefWriter> {
  const [server, reader] = await Promise.all([writeServerOf(repository, runtime), runtime.openGit(repository)]);
  return openRefWriter(server, reader);
}

async function writeServerOf(repository: Repository, { gitServerOf, secrets }: WritingRuntime): Promise<GitServer> {
  if (repository.write === null) throw notWritable(repository);
  const token = await resolveSecret(repository.write, secrets, AbortSignal.timeout(SECRET_TIMEOUT_MS));
  return gitServerOf(repository, token);
}

function notWritable({ name }: Repository): DeployError {
  return new DeployError('config-invalid', {
    subject: name,
    message: 'the repository has no credentials to write with',
    remedy: 'Add write: env:FLEET_WRITE_TOKEN to it in headgate.yml.',
  });
}
