import type { Repository } from '../../config/checked/config.ts';
import type { HostApi } from '../../githost/port/host-api.ts';
import type { Servers } from '../../exchange/servers.ts';
import { gitServerName } from './server-name.ts';
import { caOf } from './ca-of.ts';
import type { HostAccess } from './host-client.ts';

/** Access to the API of a repository's host, whose answers count for its Git server too. */
export async function hostAccessOf(
  repository: Repository,
  { host, token }: { readonly host: HostApi; readonly token: string },
  { servers, wait }: { readonly servers: Servers } & Pick<HostAccess, 'wait'>,
): Promise<HostAccess> {
  const watched = servers.named(gitServerName(repository));
  return { host, token: () => Promise.resolve(token), ca: await caOf(repository), watched, wait };
}
