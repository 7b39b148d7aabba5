import type { HostDefinition } from '../githost/port/host.ts';
import type { GitHost } from '../githost/port/git-host.ts';
import type { HostApi } from '../githost/port/host-api.ts';
import type { HostProfile } from '../githost/port/profile.ts';
import { messageOf } from '../githost/rest/message.ts';
import { rateLimitByStatus } from '../githost/rest/rate-limit.ts';

/** A custom Git host. Everything in it is data in, data out: Headgate sends the requests. */
export interface GitHostOptions {
  /** `host` in headgate.yml. */
  readonly name: string;
  /** The user that a token belongs to when Git is read with it (Basic authentication). Default: `headgate`. */
  readonly gitUser?: string;
  readonly profile: HostProfile;
  /** Its deliveries. */
  readonly receiver: GitHost;
  /** Null: it has no API, so it shows no commit statuses. */
  readonly api: GitHostApi | null;
}

/** How commit statuses are set. Default of the optional ones: status 429 is a rate limit, and `message` of a JSON answer is its message. */
export type GitHostApi = Pick<HostApi, 'authorizationOf' | 'statusRequest' | 'isStatusSet'> &
  Partial<Pick<HostApi, 'rateLimitOf' | 'messageOf'>>;

/** For `readConfig`: repositories in headgate.yml may then be on this host. */
export function gitHost({ name, gitUser = 'headgate', profile, receiver, api }: GitHostOptions): HostDefinition {
  return {
    name,
    gitUser,
    profile,
    loadReceiver: () => Promise.resolve(receiver),
    loadApi: api === null ? null : () => Promise.resolve(wholeApi(api)),
    loadPullRequests: null,
    loadDeployments: null,
    loadIssuer: null,
    loadSetup: () =>
      Promise.resolve({
        hooks: null,
        appText: null,
        manualText: ({ url }, webhookUrl) =>
          `On the page of ${url}, add a webhook for pushes to ${webhookUrl}, with the secret that webhookSecret refers to.`,
      }),
  };
}

/** What only the commands of this package read is not part of the toolkit. */
function wholeApi(api: GitHostApi): HostApi {
  return {
    rateLimitOf: rateLimitByStatus,
    messageOf,
    ...api,
    showsStatusAccess: (answer) => api.isStatusSet(answer),
    statusPermission: 'to write commit statuses',
  };
}
