import type { Config, TargetTemplate, Target } from '../../config/checked/config.ts';
import { expand } from '../../config/templates/expand.ts';
import type { RefusedDirectory } from '../../config/templates/expand.ts';
import type { Recipient } from '../ports/request.ts';

/** What the recipient of a request is in headgate.yml now. */
export type ResolvedRecipient =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'template'; readonly template: TargetTemplate }
  | { readonly kind: 'refused'; readonly refused: RefusedDirectory }
  | { readonly kind: 'none'; readonly reason: string };

/** Resolves a request of any age. Git is not read: the run finds out whether the directory exists. */
export function resolveRecipient(
  { target: name, generatedFrom: from }: Recipient,
  config: Pick<Config, 'targets' | 'templates'>,
): ResolvedRecipient {
  if (from === undefined) {
    const target = config.targets.find((each) => each.name === name);
    if (target === undefined) return { kind: 'none', reason: 'no such target in headgate.yml' };
    return unlessSuspended(target.suspend, { kind: 'target', target });
  }
  const template = config.templates.find((each) => each.name === from.template);
  if (template === undefined) return { kind: 'none', reason: 'no such template in headgate.yml' };
  if (from.directory === null) return unlessSuspended(template.settings.suspend, { kind: 'template', template });
  const expanded = expand(template, from.directory, config);
  if (expanded === null) return { kind: 'none', reason: 'the template no longer matches this directory' };
  return unlessSuspended(template.settings.suspend, expanded);
}

function unlessSuspended(isSuspended: boolean, recipient: ResolvedRecipient): ResolvedRecipient {
  return isSuspended ? { kind: 'none', reason: 'the target is suspended' } : recipient;
}
