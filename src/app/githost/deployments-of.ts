import type { Repository } from '../../config/checked/config.ts';
import type { Deployments } from '../../deploy/ports/githost/deployments.ts';
import { hostOf } from '../../githost/hosts.ts';
import type { AppRuntime } from '../app-runtime.ts';
import { caOf, gitServerOf } from '../git-server.ts';

/** Null: the host has no deployments, or not here, or the repository has no credentials. */
export async function openDeploymentsOf(repository: Repository, runtime: AppRuntime): Promise<Deployments | null> {
  const { api, fullName } = repository;
  const { loadApi, loadDeployments } = hostOf(repository);
  if (loadApi === null || loadDeployments === null || api === null) return null;
  const token = await runtime.tokenOf(repository, 'deployments');
  if (token === null) return null;
  const [host, deployments, ca, { openDeployments }] = await Promise.all([
    loadApi(),
    loadDeployments(),
    caOf(repository),
    import('./deployments.ts'),
  ]);
  const watched = runtime.servers.named(gitServerOf(repository));
  const access = { host, token: () => Promise.resolve(token), ca, watched, wait: runtime.wait };
  return openDeployments({ api: deployments, repository: { api, fullName }, ...access });
}
