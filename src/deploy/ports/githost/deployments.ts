import type { DeploymentStatus, NewDeployment } from '../../../githost/port/deployments.ts';
import type { Usage } from '../usage.ts';

/**
 * The deployments that the Git host of a repository shows. A failed request is retried, then thrown as `host-unreachable` or,
 * when the credentials do not suffice, as `host-forbidden`.
 */
export interface Deployments {
  readonly usage: Usage;
  /** Gives the deployment of this commit to the environment its status; it is created if the newest one is of another commit. */
  report(what: NewDeployment, status: DeploymentStatus, signal: AbortSignal): Promise<void>;
  /** The environment is no longer served. Does nothing when it was never deployed to. */
  end(environment: string, description: string, signal: AbortSignal): Promise<void>;
}
