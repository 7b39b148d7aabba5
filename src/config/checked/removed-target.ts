import { settle } from './check-settings.ts';
import { settleTarget } from './check-target.ts';
import type { ClusterConfig, Repository, Target } from './config.ts';
import * as shape from '../written/shape.ts';

/** What is left of a repository that nobody knows any more. */
const UNKNOWN: Repository = {
  name: '(removed)',
  host: 'git',
  url: '',
  api: null,
  fullName: null,
  id: null,
  webhookSecrets: [],
  credentials: null,
  statuses: false,
  insecure: false,
  caFile: null,
};

/** A target that stands in headgate.yml no more, as far as it has to be known to uninstall it: it may own anything. */
export function removedTarget(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  cluster: ClusterConfig,
): Target {
  const written = shape.target.parse({
    name,
    repository: UNKNOWN.name,
    branch: 'main',
    cluster: cluster.name,
    namespace,
    namespaces: ['*'],
    clusterScoped: true,
  });
  return settleTarget(written, cluster, settle(written, { repository: UNKNOWN, decryption: null }));
}
