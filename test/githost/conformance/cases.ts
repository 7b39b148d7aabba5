import { AZURE_DEVOPS } from './azure-devops-case.ts';
import { BITBUCKET } from './bitbucket-case.ts';
import { BITBUCKET_SERVER } from './bitbucket-server-case.ts';
import { CODECOMMIT } from './codecommit-case.ts';
import { GIT } from './git-case.ts';
import { GITEA_AND_FORGEJO } from './gitea-case.ts';
import { GITHUB } from './github-case.ts';
import { GITLAB } from './gitlab-case.ts';
import type { HostCase, Sent, Signing } from './host-case.ts';
import { SENT_AT_MS } from './host-case.ts';
import type { Delivery } from '../../../src/githost/port/git-host.ts';

/** Every way in which a Git host reports pushes. */
export const CASES: readonly HostCase[] = [
  GITHUB,
  ...GITLAB,
  ...GITEA_AND_FORGEJO,
  BITBUCKET,
  BITBUCKET_SERVER,
  AZURE_DEVOPS,
  CODECOMMIT,
  GIT,
];

/** The delivery as the host sends it; `body`: other bytes under the same headers. */
export function deliveryOf(
  host: HostCase,
  { event, payload }: Sent,
  { signing = {}, body = Buffer.from(JSON.stringify(payload)) }: { signing?: Partial<Signing>; body?: Buffer } = {},
): Delivery {
  const headers = host.headers(body, event, { secret: host.secret, sentAtMs: SENT_AT_MS, ...signing });
  return { id: 'a-delivery', headers, body };
}
