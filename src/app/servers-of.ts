import type { ClusterConfig, Config } from '../config/checked/config.ts';
import type { Recipient } from '../deploy/ports/request.ts';
import { resolveRecipient } from '../deploy/targets/resolve-recipient.ts';
import { gitServerName } from './githost/server-name.ts';

/** The servers that a run for the recipient waits for. */
export function serversOf(recipient: Recipient, config: Config): readonly string[] {
  const resolved = resolveRecipient(recipient, config);
  switch (resolved.kind) {
    case 'target':
      return [gitServerName(resolved.target.repository), clusterServerName(resolved.target.cluster)];
    case 'template':
      return [gitServerName(resolved.template.settings.repository)];
    case 'refused':
      return [gitServerName(resolved.refused.template.settings.repository)];
    case 'none':
      return [];
    default:
      return resolved satisfies never;
  }
}

/** Names the API server of a cluster among the servers that are watched. */
export function clusterServerName({ name }: ClusterConfig): string {
  return `cluster ${name}`;
}
