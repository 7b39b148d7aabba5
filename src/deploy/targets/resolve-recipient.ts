import type { Config, TargetTemplate, Target } from '../../config/checked/config.ts';
import { expand } from '../../config/templates/expand.ts';
import type { RefusedDirectory } from '../../config/templates/expand.ts';
import type { Recipient } from '../ports/request.ts';

/** What headgate.yml makes of whom a request is for. */
export type ResolvedRecipient =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'template'; readonly template: TargetTemplate }
  | { readonly kind: 'refused'; readonly refused: RefusedDirectory }
  | { readonly kind: 'nobody'; readonly reason: string };

/** The one way from a request, of whatever age, to what it is for. No look at Git: whether a directory is there is the run's to see. */
export function resolveRecipient(
  { target: name, generatedFrom: from }: Recipient,
  config: Pick<Config, 'targets' | 'templates'>,
): ResolvedRecipient {
  if (from === undefined) {
    const target = config.targets.find((each) => each.name === name);
    if (target === undefined) return { kind: 'nobody', reason: 'no such target in headgate.yml' };
    return unlessSuspended(target.suspend, { kind: 'target', target });
  }
  const template = config.templates.find((each) => each.name === from.template);
  if (template === undefined) return { kind: 'nobody', reason: 'no such template in headgate.yml' };
  if (from.directory === null) return unlessSuspended(template.settings.suspend, { kind: 'template', template });
  const expanded = expand(template, from.directory, config);
  if (expanded === null) return { kind: 'nobody', reason: 'the template is not for this directory any more' };
  return unlessSuspended(template.settings.suspend, expanded);
}

function unlessSuspended(isSuspended: boolean, addressee: ResolvedRecipient): ResolvedRecipient {
  return isSuspended ? { kind: 'nobody', reason: 'the target is suspended' } : addressee;
}
