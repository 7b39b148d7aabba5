import type { Config, Rule, Target } from '../config/config.ts';
import { expand } from '../config/expand.ts';
import type { RefusedDirectory } from '../config/expand.ts';
import type { Address } from './request.ts';

/** What headgate.yml makes of whom a request is for. */
export type Addressee =
  | { readonly kind: 'target'; readonly target: Target }
  | { readonly kind: 'rule'; readonly rule: Rule }
  | { readonly kind: 'refused'; readonly refused: RefusedDirectory }
  | { readonly kind: 'nobody'; readonly reason: string };

/** The one way from a request, of whatever age, to what it is for. No look at Git: whether a directory is there is the run's to see. */
export function addresseeOf({ target: name, from }: Address, config: Pick<Config, 'targets' | 'rules'>): Addressee {
  if (from === undefined) {
    const target = config.targets.find((each) => each.name === name);
    if (target === undefined) return { kind: 'nobody', reason: 'no such target in headgate.yml' };
    return unlessSuspended(target.suspend, { kind: 'target', target });
  }
  const rule = config.rules.find((each) => each.name === from.rule);
  if (rule === undefined) return { kind: 'nobody', reason: 'no such rule in headgate.yml' };
  if (from.directory === null) return unlessSuspended(rule.settings.suspend, { kind: 'rule', rule });
  const expanded = expand(rule, from.directory, config);
  if (expanded === null) return { kind: 'nobody', reason: 'the rule is not for this directory any more' };
  return unlessSuspended(rule.settings.suspend, expanded);
}

function unlessSuspended(isSuspended: boolean, addressee: Addressee): Addressee {
  return isSuspended ? { kind: 'nobody', reason: 'the target is suspended' } : addressee;
}
