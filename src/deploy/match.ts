import type { Config, Rule, TargetSettings } from '../config/config.ts';
import { directoryOf } from '../config/for-each.ts';
import type { Push } from '../githost/git-host.ts';
import { isBelow } from '../resource/source.ts';
import { addressOf, addressOfDirectory, addressOfRule } from './address.ts';
import type { Address } from './request.ts';

export type Matched =
  | { readonly kind: 'targets'; readonly addresses: readonly Address[] }
  | { readonly kind: 'none'; readonly reason: string };

/** Who may be asked: a target, all targets of a rule, or the one of a directory. */
interface Reader {
  readonly address: Address;
  readonly settings: TargetSettings;
  /** What it reads, as far as headgate.yml says. */
  readonly roots: readonly string[];
  /** Null: it is a target. */
  readonly rule: Rule | null;
}

/** Which of a repository's targets a push is for. Too many is harmless: a target that is current writes nothing. */
export function match(push: Push, { targets, rules }: Pick<Config, 'targets' | 'rules'>): Matched {
  const readers: readonly Reader[] = [
    ...targets.map((target) => {
      return { address: addressOf(target), settings: target, roots: [target.path, ...target.inputs], rule: null };
    }),
    ...rules.map((rule) => {
      return { address: addressOfRule(rule), settings: rule.settings, roots: rule.settings.inputs, rule };
    }),
  ];
  const following = readers.filter(({ settings }) => settings.ref === push.ref);
  if (following.length === 0) return { kind: 'none', reason: `no target follows ${push.ref}` };
  const changed = push.changedPaths === null ? following : narrow(push.changedPaths, following);
  if (changed.length === 0) return { kind: 'none', reason: 'no path of a target changed' };
  const awake = changed.filter(({ settings }) => !settings.suspend);
  return awake.length === 0
    ? { kind: 'none', reason: 'every target that it changes is suspended' }
    : { kind: 'targets', addresses: awake.map(({ address }) => address) };
}

/** A push that touches more directories than this is for all that are there: a delivery is answered at once. */
const MOST_DIRECTORIES = 500;

/**
 * A file below no target may be a base that targets share: it concerns all that do not say what they read. Which directories
 * a rule has is not known here; that one of them changed or vanished is, by the files in it.
 */
function narrow(paths: readonly string[], readers: readonly Reader[]): readonly Reader[] {
  const chosen = new Set<Reader>();
  const directories = new Map<string, Reader>();
  let isAnyUnclaimed = false;
  for (const path of paths) {
    const known = readers.filter(({ roots }) => roots.some((root) => isBelow(path, root)));
    for (const reader of known) chosen.add(reader);
    const made = readers.flatMap((reader) => inDirectory(path, reader));
    for (const reader of made) directories.set(JSON.stringify(reader.address), reader);
    isAnyUnclaimed ||= known.length + made.length === 0;
  }
  const isMany = directories.size > MOST_DIRECTORIES;
  const isAsked = (reader: Reader) =>
    chosen.has(reader) || (isAnyUnclaimed && reader.settings.inputs.length === 0) || (isMany && reader.rule !== null);
  return [...readers.filter((reader) => isAsked(reader)), ...(isMany ? [] : directories.values())];
}

function inDirectory(path: string, reader: Reader): readonly Reader[] {
  const { rule } = reader;
  const directory = rule === null ? null : directoryOf(rule, path);
  return rule === null || directory === null ? [] : [{ ...reader, address: addressOfDirectory(rule, directory) }];
}
