import type { Revision } from '../../snapshot/source.ts';
import type { RepositoryLocation } from './host-api.ts';
import type { HostCall } from './pull-requests.ts';

/** What is shown on a pull request as an environment: a commit that was deployed, and where it is served. */
export interface NewDeployment {
  readonly revision: Revision;
  /** The branch that has the commit. */
  readonly branch: string;
  /** `shop-pr-12` */
  readonly environment: string;
  readonly description: string;
  /** The environment will be removed, as that of a preview is. */
  readonly isTransient: boolean;
}

/** As the host has it. */
export interface Deployment {
  readonly id: string;
  readonly revision: Revision;
  /** Null: the host addresses environments by their name alone. */
  readonly environmentId: string | null;
}

export interface DeploymentStatus {
  /** `inactive`: it is no longer served. */
  readonly state: 'in-progress' | 'success' | 'failure' | 'inactive';
  /** Where the environment is served, `https://` or `http://`; null: unknown. */
  readonly url: string | null;
  readonly description: string;
}

/** The deployments of a Git host. Pure: its methods only build requests and read answers. */
export interface DeploymentApi {
  /** The newest one of the environment. */
  findNewest(at: RepositoryLocation, environment: string): HostCall<Deployment>;
  create(at: RepositoryLocation, what: NewDeployment): HostCall<Deployment>;
  /** All of these requests, in this order, give it the status. */
  statusCalls(at: RepositoryLocation, deployment: Deployment, status: DeploymentStatus): readonly HostCall<true>[];
  /** The permission that it needs, in the host's words. */
  readonly permission: string;
}
