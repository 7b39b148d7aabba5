import type { Config, Rule, Target } from '../config/config.ts';
import { directoryOf } from '../config/for-each.ts';
import type { Push } from '../githost/git-host.ts';
import { isBelow } from '../resource/source.ts';
import { addressOf, addressOfDirectory, addressOfRule } from './address.ts';
import type { Address } from './request.ts';

export type Matched =
  | { readonly kind: 'targets'; readonly addresses: readonly Address[] }
  | { readonly kind: 'none'; readonly reason: string };

type Candidates = Pick<Config, 'targets' | 'rules'>;

/** Which of a repository's targets a push is for. Too many is harmless: a target that is current writes nothing. */
export function match(push: Push, { targets, rules }: Candidates): Matched {
  const following = {
    targets: targets.filter(({ ref }) => ref === push.ref),
    rules: rules.filter(({ settings }) => settings.ref === push.ref),
  };
  if (following.targets.length + following.rules.length === 0)
    return { kind: 'none', reason: `no target follows ${push.ref}` };
  const changed = push.changedPaths === null ? everyone(following) : narrow(push.changedPaths, following);
  if (changed.length === 0) return { kind: 'none', reason: 'no path of a target changed' };
  const awake = changed.filter(({ suspend }) => !suspend);
  return awake.length === 0
    ? { kind: 'none', reason: 'every target that it changes is suspended' }
    : { kind: 'targets', addresses: awake.map(({ address }) => address) };
}

interface Chosen {
  readonly address: Address;
  readonly suspend: boolean;
}

function everyone({ targets, rules }: Candidates): readonly Chosen[] {
  return [...targets.map((target) => chooseTarget(target)), ...rules.map((rule) => chooseRule(rule))];
}

function chooseTarget(target: Target): Chosen {
  return { address: addressOf(target), suspend: target.suspend };
}

function chooseRule(rule: Rule): Chosen {
  return { address: addressOfRule(rule), suspend: rule.settings.suspend };
}

/** A push that touches more directories of a rule than this is for all that are there: a delivery is answered at once. */
const MOST_DIRECTORIES = 500;

/**
 * A file below no target may be a base that targets share: it concerns all that do not say what they read. Which directories
 * a rule has is not known here; that one of them changed or vanished is, by the files in it.
 */
function narrow(paths: readonly string[], { targets, rules }: Candidates): readonly Chosen[] {
  const directories = new Map(rules.map((rule) => [rule, new Set<string>()]));
  const chosen = new Set<Target | Rule>();
  let isAnyUnclaimed = false;
  for (const path of paths) {
    const readers = [
      ...targets.filter((target) => [target.path, ...target.inputs].some((root) => isBelow(path, root))),
      ...rules.filter(({ settings }) => settings.inputs.some((root) => isBelow(path, root))),
    ];
    for (const reader of readers) chosen.add(reader);
    const found = rules.flatMap((rule) => {
      const directory = directoryOf(rule, path);
      return directory === null ? [] : [{ rule, directory }];
    });
    for (const { rule, directory } of found) directories.get(rule)?.add(directory);
    isAnyUnclaimed ||= readers.length + found.length === 0;
  }
  const isChosen = (reader: Target | Rule, inputs: readonly string[]) =>
    chosen.has(reader) || (isAnyUnclaimed && inputs.length === 0);
  return [
    ...targets.filter((target) => isChosen(target, target.inputs)).map((target) => chooseTarget(target)),
    ...[...directories].flatMap(([rule, own]) => {
      const { inputs, suspend } = rule.settings;
      if (own.size > MOST_DIRECTORIES) return [chooseRule(rule)];
      const each = [...own].map((directory) => ({ address: addressOfDirectory(rule, directory), suspend }));
      return isChosen(rule, inputs) ? [...each, chooseRule(rule)] : each;
    }),
  ];
}
