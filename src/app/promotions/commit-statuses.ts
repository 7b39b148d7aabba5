import type { Repository } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { hostOf } from '../../githost/hosts.ts';
import { statusReaderOf } from '../../githost/status-readers.ts';
import type { FoundStatus } from '../../githost/port/status-reader.ts';
import type { Revision } from '../../snapshot/source.ts';
import type { AppRuntime } from '../app-runtime.ts';
import { hostAccessOf } from '../githost/host-access.ts';
import { hostFailure, sendCall } from '../githost/host-calls.ts';
import { openHostClient } from '../githost/host-client.ts';
import type { RefusedRequest } from '../githost/host-client.ts';

/** A page has up to a hundred statuses. GitHub keeps a thousand for each context of a commit. */
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
  const [host, reader] = await Promise.all([loadApi(), loadStatusReader()]);
  const client = openHostClient(await hostAccessOf(repository, { host, token }, runtime));
  const allow = `read commit statuses (${reader.permission})`;
  const failure = (refused: RefusedRequest) =>
    hostFailure(refused, { what: 'did not answer the request for statuses', allow });
  const found: FoundStatus[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const call = reader.listStatuses({ api, fullName, revision }, page);
    const statuses = await sendCall(call, { client, what: 'reading the statuses', failure }, signal);
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
