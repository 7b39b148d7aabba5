import type { Repository } from '../../config/checked/config.ts';
import { DeployError } from '../../error/deploy-error.ts';
import { hostOf } from '../../githost/hosts.ts';
import { asRevision } from '../../snapshot/source.ts';
import { sendToHost } from '../githost/host-request.ts';
import type { Probe } from './probe.ts';
import type { AppRuntime } from '../app-runtime.ts';
import { caOf } from '../githost/ca-of.ts';

const DEADLINE_MS = 10_000;

/** Null: none are written. */
export function statusesProbe(repository: Repository, { tokenOf }: Pick<AppRuntime, 'tokenOf'>): Probe | null {
  const { api, statuses, credentials, name } = repository;
  if (api === null || !statuses || credentials === null) return null;
  return { kind: 'statuses', name, run: (signal) => probeStatuses(repository, tokenOf, signal) };
}

/** Posts a status for a commit that does not exist, which writes nothing: the answer shows whether the credentials may write statuses. */
async function probeStatuses(
  repository: Repository,
  tokenOf: AppRuntime['tokenOf'],
  signal: AbortSignal,
): Promise<string> {
  const { api, fullName } = repository;
  const host = await hostOf(repository).loadApi?.();
  const revision = asRevision('1'.padStart(40, '0'));
  const token = await tokenOf(repository);
  if (host === undefined || revision === null || api === null || token === null) return 'no statuses are written';
  const status = { state: 'success', context: 'headgate/doctor', description: '' } as const;
  const request = host.statusRequest({ api, fullName, revision }, status);
  const headers = { ...request.headers, authorization: host.authorizationOf(token) };
  const ca = await caOf(repository);
  const answer = await sendToHost({ ...request, headers }, { ca, deadlineMs: DEADLINE_MS }, signal);
  if (host.showsStatusAccess(answer)) return 'can be written';
  throw new DeployError('host-forbidden', {
    subject: `repository ${repository.name}`,
    message: `the credentials cannot write commit statuses: ${api} returned status ${answer.status}`,
    remedy: `Grant the permission (${host.statusPermission}), or set statuses: false.`,
  });
}
