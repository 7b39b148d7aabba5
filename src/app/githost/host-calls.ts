import { DeployError } from '../../error/deploy-error.ts';
import type { HostCall } from '../../githost/port/pull-requests.ts';
import type { HostClient, RefusedRequest, RequestPolicy } from './host-client.ts';

interface Calling extends Pick<RequestPolicy, 'what' | 'failure'> {
  /** Default: yes. */
  readonly isRepeatable?: boolean;
}

/** Sends a request of the port, and reads its answer. Null: what it is about does not exist. */
export async function sendCall<Result>(
  { request, read }: HostCall<Result>,
  { client, isRepeatable = true, ...calling }: Calling & { readonly client: HostClient },
  signal: AbortSignal,
): Promise<Result | null> {
  const isAccepted: RequestPolicy['isAccepted'] = (answer) => read(answer) !== undefined;
  return read(await client.send(request, { ...calling, isRepeatable, isAccepted }, signal)) ?? null;
}

interface Failure {
  /** `did not accept the deployment` */
  readonly what: string;
  /** What the credentials have to allow: `do this (contents: write)`. */
  readonly allow: string;
}

/** `host-forbidden` when the credentials do not suffice, else `host-unreachable`. */
export function hostFailure(
  { request: { url }, status, reason, afterMs }: RefusedRequest,
  failure: Failure,
): DeployError {
  const isForbidden = (status === 401 || status === 403) && afterMs === null;
  return new DeployError(isForbidden ? 'host-forbidden' : 'host-unreachable', {
    subject: url,
    message: `the Git host ${failure.what}: ${reason}`,
    remedy: isForbidden
      ? `Allow the credentials of the repository to ${failure.allow}.`
      : 'Wait for the retry, and check that api of the repository is reachable.',
    ...(afterMs === null ? {} : { retryAfterMs: afterMs }),
  });
}
