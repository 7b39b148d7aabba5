import { resolveSettings } from '../checked/check-settings.ts';
import { resolveTarget } from '../checked/check-target.ts';
import type { ClusterConfig, Repository, Target } from '../checked/config.ts';
import * as shape from '../written/shape.ts';

/** Stands in for the repository of a removed target, which is no longer known. */
const REMOVED: Repository = {
  name: '(removed)',
  host: 'git',
  url: '',
  api: null,
  fullName: '',
  id: null,
  webhookSecrets: [],
  webhookHeader: null,
  credentials: null,
  statuses: false,
  pullRequests: { plan: false, comment: true, forks: false, serviceAccount: null, approvers: [] },
  insecure: false,
  write: null,
  record: 'none',
  caFile: null,
  notify: [],
};

/** A target that was removed from headgate.yml, as uninstall needs it: without limits on what it may own. */
export function removedTarget(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  cluster: ClusterConfig,
): Target {
  const written = shape.target.parse({
    name,
    repository: REMOVED.name,
    branch: 'main',
    cluster: cluster.name,
    namespace,
    namespaces: ['*'],
    clusterScoped: true,
  });
  return resolveTarget(
    written,
    cluster,
    resolveSettings(written, { repository: REMOVED, decryption: null, windows: [] }),
  );
}
