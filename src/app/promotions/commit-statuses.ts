import type { Repository } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { hostOf } from '../../githost/hosts.ts';
import { statusReaderOf } from '../../githost/status-readers.ts';
import type { FoundStatus, StatusReader } from '../../githost/port/status-reader.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { AppRuntime } from '../app-runtime.ts';
import { caOf, gitServerOf } from '../git-server.ts';
import { openHostClient } from '../githost/host-client.ts';
import type { Refused } from '../githost/host-client.ts';

/** Of a hundred statuses each. GitHub keeps a thousand of a context. */
const MAX_PAGES = 20;

/**
 * The statuses of a commit that any system wrote, the newest first; none of a commit that the host does not know.
 * @throws DeployError `host-unreachable`, `host-forbidden`, or `config-invalid` when they cannot be read there
 */
export async function readCommitStatuses(
  { repository, revision }: { readonly repository: Repository; readonly revision: Revision },
  runtime: Pick<AppRuntime, 'servers' | 'tokenOf' | 'wait'>,
  signal: AbortSignal,
): Promise<readonly FoundStatus[]> {
  const { api, fullName, name } = repository;
  const { loadApi } = hostOf(repository);
  const loadStatusReader = statusReaderOf(repository.host);
  const token = await runtime.tokenOf(repository);
  if (loadApi === null || loadStatusReader === null || api === null || token === null) throw notReadable(name);
  const [host, reader, ca] = await Promise.all([loadApi(), loadStatusReader(), caOf(repository)]);
  const watched = runtime.servers.named(gitServerOf(repository));
  const client = openHostClient({ host, token: () => Promise.resolve(token), ca, watched, wait: runtime.wait });
  const found: FoundStatus[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { request, read } = reader.listStatuses({ api, fullName, revision }, page);
    const sending = {
      what: 'reading the statuses',
      isRepeatable: true,
      isAccepted: (answer: Parameters<typeof read>[0]) => read(answer) !== undefined,
      failure: (refused: Refused) => notRead(refused, reader),
    };
    const statuses = read(await client.send(request, sending, signal)) ?? null;
    found.push(...(statuses?.items ?? []));
    if (statuses === null || statuses.isLast) break;
  }
  return found;
}

function notReadable(name: string): DeployError {
  return new DeployError('config-invalid', {
    subject: `repository ${name}`,
    message: 'its commit statuses cannot be read: the host has none, or the repository has no credentials',
    remedy: 'Set credentials of the repository in headgate.yml, or remove statuses of the promotion.',
  });
}

function notRead({ request: { url }, status, reason, afterMs }: Refused, { permission }: StatusReader): DeployError {
  const isForbidden = (status === 401 || status === 403) && afterMs === null;
  return new DeployError(isForbidden ? 'host-forbidden' : 'host-unreachable', {
    subject: url,
    message: `the Git host did not answer the request for statuses: ${reason}`,
    remedy: isForbidden
      ? `Allow the credentials of the repository to read commit statuses (${permission}).`
      : 'Wait for the retry, and check that api of the repository is reachable.',
    ...(afterMs === null ? {} : { retryAfterMs: afterMs }),
  });
}
