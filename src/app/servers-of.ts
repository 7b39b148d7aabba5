import type { Config } from '../config/checked/config.ts';
import type { Recipient } from '../deploy/ports/request.ts';
import { resolveRecipient } from '../deploy/targets/resolve-recipient.ts';
import { clusterServerOf } from './runtime.ts';
import { gitServerOf } from './git-server.ts';

/** The servers that a run for the recipient waits for. */
export function serversOf(recipient: Recipient, config: Config): readonly string[] {
  const resolved = resolveRecipient(recipient, config);
  switch (resolved.kind) {
    case 'target':
      return [gitServerOf(resolved.target.repository), clusterServerOf(resolved.target.cluster)];
    case 'template':
      return [gitServerOf(resolved.template.settings.repository)];
    case 'refused':
      return [gitServerOf(resolved.refused.template.settings.repository)];
    case 'none':
      return [];
    default:
      return resolved satisfies never;
  }
}
