import type { Rule, Target } from '../config/config.ts';
import { fillRule, shownName } from '../config/for-each.ts';
import type { Address } from './request.ts';

/* Apart from who answers to an address (addressee.ts), which a webhook need not load. */

export function addressOf({ name, from }: Pick<Target, 'name' | 'from'>): Address {
  return from === null ? { target: name } : { target: name, from };
}

export function addressOfRule({ name }: Rule): Address {
  return { target: shownName(name), from: { rule: name, directory: null } };
}

/** Also of a directory that will be refused: that has to be said under some name. */
export function addressOfDirectory(rule: Rule, directory: string): Address {
  const name = fillRule(rule, directory)?.name ?? directory;
  return { target: shownName(name), from: { rule: rule.name, directory } };
}
