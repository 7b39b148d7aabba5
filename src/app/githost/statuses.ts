import type { Statuses } from '../../deploy/ports/statuses.ts';
import { DeployError } from '../../error/deploy-error.ts';
import type { RepositoryLocation } from '../../githost/port/host-api.ts';
import type { HostAnswer } from './host-request.ts';
import { openHostClient } from './host-client.ts';
import type { HostAccess, RefusedRequest } from './host-client.ts';

export interface StatusesOptions extends HostAccess {
  readonly repository: RepositoryLocation;
}

/** Commit statuses over a Git host's REST API, for one run. */
export function openStatuses({ repository, ...access }: StatusesOptions): Statuses {
  const { host } = access;
  const client = openHostClient(access);
  const sending = {
    what: 'writing the status',
    // The same status twice is one.
    isRepeatable: true,
    isAccepted: (answer: HostAnswer) => host.isStatusSet(answer),
    failure: notAccepted,
  };
  return {
    usage: client.usage,
    async set(revision, status, signal) {
      await client.send(host.statusRequest({ ...repository, revision }, status), sending, signal);
    },
  };
}

function notAccepted({ request: { url }, reason, afterMs }: RefusedRequest): DeployError {
  return new DeployError('host-unreachable', {
    subject: url,
    message: `the Git host did not accept the status: ${reason}`,
    remedy:
      'Allow the credentials of the repository to write commit statuses, or set statuses: false. The deploy itself is not affected.',
    ...(afterMs === null ? {} : { retryAfterMs: afterMs }),
  });
}
