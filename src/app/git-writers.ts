import type { Repository } from '../config/checked/config.ts';
import { DeployError } from '../error/deploy-error.ts';
import type { GitServer } from '../git/wire/transport.ts';
import { openBranchWriter } from '../git/write/branch-writer.ts';
import { openRefWriter } from '../git/write/ref-writer.ts';
import type { RefWriter } from '../git/write/ref-writer.ts';
import type { ProposingApi } from '../proposals/propose.ts';
import { openRecordTrust, signingWriter } from '../proposals/signed-records.ts';
import type { RecordTrust } from '../proposals/signed-records.ts';
import type { BranchWriter } from '../images/branch-writer.ts';
import { commitApiOf } from '../githost/commit-apis.ts';
import { hostOf } from '../githost/hosts.ts';
import type { AppRuntime } from './app-runtime.ts';
import { hostAccessOf } from './githost/host-access.ts';
import { resolveSecret, SECRET_TIMEOUT_MS } from './secrets.ts';
import type { SecretSources } from './secrets.ts';

/*
 * Writers to a repository, with its credentials for writing.
 * @throws DeployError `config-invalid` when it has none
 */

export type WritingRuntime = Pick<AppRuntime, 'gitServerOf'> & { readonly secrets: SecretSources };

/**
 * Opens a writer that commits to branches by the API of their host.
 * @throws DeployError `config-invalid` when the host has no such API, or the repository has no token for it
 */
export async function openApiWriterOf(
  repository: Repository,
  runtime: WritingRuntime & Pick<AppRuntime, 'openGit' | 'servers' | 'wait'>,
): Promise<BranchWriter> {
  const { api, fullName, host } = repository;
  const { loadApi } = hostOf(repository);
  const loadCommits = commitApiOf(host);
  if (api === null || loadApi === null || loadCommits === null) hasNoApi(repository.name);
  const [token, git, reader, hostApi, commits, { openApiWriter }] = await Promise.all([
    apiTokenOf(repository, runtime),
    openWriterOf(repository, runtime),
    runtime.openGit(repository),
    loadApi(),
    loadCommits(),
    import('./githost/api-writer.ts'),
  ]);
  const access = await hostAccessOf(repository, { host: hostApi, token }, runtime);
  return openApiWriter({ api: commits, repository: { api, fullName }, git, reader, ...access });
}

/** Opens a writer that pushes to branches. */
export async function openWriterOf(repository: Repository, runtime: WritingRuntime): Promise<BranchWriter> {
  return openBranchWriter(await writeServerOf(repository, runtime));
}

/** Decides which records count, and remembers which unsigned ones it has warned about. */
export function recordTrustOf({ config, keys, log }: Pick<AppRuntime, 'config' | 'keys' | 'log'>): RecordTrust {
  return openRecordTrust({ hasKey: config.keys.length > 0, keys, log });
}

/** With a key in headgate.yml, the writer signs the records. */
export async function withSignatures(
  writer: BranchWriter,
  { url }: Repository,
  { keys }: Pick<AppRuntime, 'keys'>,
): Promise<BranchWriter> {
  return signingWriter(writer, { url, keys: await keys(AbortSignal.timeout(SECRET_TIMEOUT_MS)) });
}

/** Opens a writer of the refs that only Headgate writes. */
export async function refWriterOf(
  repository: Repository,
  runtime: WritingRuntime & Pick<AppRuntime, 'openGit'>,
): Promise<RefWriter> {
  const [server, reader] = await Promise.all([writeServerOf(repository, runtime), runtime.openGit(repository)]);
  return openRefWriter(server, reader);
}

/** Opens the pull requests of a repository with the credentials that push, so that those that read Git need no more rights. */
export async function openProposalsOf(
  repository: Repository,
  runtime: AppRuntime & WritingRuntime,
): Promise<ProposingApi> {
  const token = await apiTokenOf(repository, runtime);
  const { openPullRequestsWith } = await import('./plan-context.ts');
  return openPullRequestsWith({ repository, token }, runtime);
}

async function writeServerOf(repository: Repository, runtime: WritingRuntime): Promise<GitServer> {
  return runtime.gitServerOf(repository, await writeTokenOf(repository, runtime));
}

/** Null: the identity of the process pushes, without a token. */
async function writeTokenOf({ write, name }: Repository, { secrets }: WritingRuntime): Promise<string | null> {
  if (write === null) throw notWritable(name);
  return write.kind === 'iam' ? null : resolveSecret(write, secrets, AbortSignal.timeout(SECRET_TIMEOUT_MS));
}

/** The token for the API of the host. */
async function apiTokenOf(repository: Repository, runtime: WritingRuntime): Promise<string> {
  return (await writeTokenOf(repository, runtime)) ?? hasNoApi(repository.name);
}

function hasNoApi(name: string): never {
  throw new DeployError('config-invalid', {
    subject: name,
    message: 'the repository cannot be written to by the API of its host',
    remedy: 'Write via: commit in headgate.yml.',
  });
}

function notWritable(name: string): DeployError {
  return new DeployError('config-invalid', {
    subject: name,
    message: 'the repository has no credentials to write with',
    remedy: 'Add write: env:FLEET_WRITE_TOKEN to it in headgate.yml.',
  });
}
