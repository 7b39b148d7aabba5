import type { ClusterAccess } from '../cluster/api/access.ts';
import type { ClusterConfig, Target } from '../config/checked/config.ts';

/** The access to a cluster for one target; null: with the cluster's own credentials, to read it. */
export type AccessOf = (cluster: ClusterConfig, target: Target | null) => Promise<ClusterAccess>;
