import type { DeploymentApi } from './deployments.ts';
import type { GitHost } from './git-host.ts';
import type { HostApi } from './host-api.ts';
import type { HostProfile } from './profile.ts';
import type { PullRequestApi } from './pull-requests.ts';
import type { HostSetup } from './setup.ts';
import type { TokenIssuer } from './token-issuer.ts';

/** How the parts of a Git host are loaded. Small, because every process loads it for every host, and then only what it needs. */
export interface Host {
  /** The user that a token belongs to when Git is read with it (Basic authentication). */
  readonly gitUser: string;
  /** Its servers may speak an older protocol than 2: which one is found out before the first request. Default: they do not. */
  readonly gitVersion?: 'unknown';
  readonly loadReceiver: () => Promise<GitHost>;
  /** Null: the host has no API, so it shows no commit statuses. */
  readonly loadApi: (() => Promise<HostApi>) | null;
  /** Null: the host has no pull requests, or they are not read here. */
  readonly loadPullRequests: (() => Promise<PullRequestApi>) | null;
  /** Null: the host has no deployments in its API, or they are not used here. */
  readonly loadDeployments: (() => Promise<DeploymentApi>) | null;
  readonly loadSetup: () => Promise<HostSetup>;
  /** Null: `credentials` cannot be an App. */
  readonly loadIssuer: (() => Promise<TokenIssuer>) | null;
}

/** A Git host that is not in the list of this package. */
export interface HostDefinition extends Host {
  /** `host` in headgate.yml. */
  readonly name: string;
  readonly profile: HostProfile;
}
