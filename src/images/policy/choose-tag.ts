import satisfies from 'semver/functions/satisfies.js';
import { compareText } from '../../resource/resource.ts';
import { keysIn } from './match-pattern.ts';
import type { Keyed } from './match-pattern.ts';
import { nearestTags, nearestVersions } from './nearest-tags.ts';
import { compareNumbers, compareVersions, parseNumber, versionOf } from './order.ts';
import type { TagPolicy } from '../../config/checked/config.ts';

/** The tag that a policy wants, or why none of the tags is wanted, with those that come closest. */
export type Choice =
  { readonly kind: 'chosen'; readonly tag: string } | { readonly kind: 'none'; readonly reason: string };

/** Chooses among the tags of a registry, in any order. Of equal tags, the last by the alphabet is chosen. */
export function chooseTag(policy: TagPolicy, tags: readonly string[]): Choice {
  const images = tags.filter((tag) => !isAttachment(tag));
  if (images.length === 0) return { kind: 'none', reason: 'the registry has no tag of this image' };
  switch (policy.kind) {
    case 'semver':
      return chooseVersion(policy.range, images);
    case 'newest':
      return chooseNewest(policy, images);
    case 'digest':
      return images.includes(policy.tag)
        ? { kind: 'chosen', tag: policy.tag }
        : none(`the tag ${policy.tag} does not exist`, nearestTags(policy.tag, images));
    default:
      return policy satisfies never;
  }
}

/** Signatures, attestations and SBOMs are stored as tags beside their image: `sha256-….sig`. */
function isAttachment(tag: string): boolean {
  return /^sha256-[0-9a-f]{64}(?:\.\w+)?$/.test(tag);
}

function chooseVersion(range: string, tags: readonly string[]): Choice {
  const versions = tags.flatMap((tag) => versionOf(tag, tag));
  const inRange = versions.filter(({ value }) => satisfies(value, range));
  return (
    last(inRange, compareVersions) ?? none(`no tag is a version in ${range}`, nearestVersions(range, versions, tags))
  );
}

function chooseNewest(policy: Extract<TagPolicy, { kind: 'newest' }>, tags: readonly string[]): Choice {
  const keyed = keysIn(policy, tags);
  if (keyed === 'too-slow') {
    return none(
      `matching ${policy.pattern} takes too long: it has repetitions that can match the same text in many ways`,
      [],
    );
  }
  if (keyed.length === 0)
    return none(`no tag matches ${policy.pattern}`, nearestTags(literalStart(policy.pattern), tags));
  switch (policy.order) {
    case 'numerical':
      return chooseNumber(keyed);
    case 'alphabetical':
      return last(keyed, (a, b) => compareText(a.key, b.key)) ?? none('no tag matches', []);
    case 'semver': {
      const versions = keyed.flatMap(({ tag, key }) => versionOf(tag, key));
      const matching = keyed.map(({ tag }) => tag);
      const what = `no tag that matches ${policy.pattern} is a version`;
      return last(versions, compareVersions) ?? none(what, nearestTags('', matching));
    }
    default:
      return policy.order satisfies never;
  }
}

/** One tag that is not a number means that the pattern is not the intended one: a commit id may consist of digits. */
function chooseNumber(keyed: readonly Keyed[]): Choice {
  const other = keyed.find(({ key }) => parseNumber(key) === null);
  if (other !== undefined) return none(`${other.key} in the tag ${other.tag} is not a number`, []);
  const numbers = keyed.flatMap(({ tag, key }) => {
    const value = parseNumber(key);
    return value === null ? [] : [{ tag, value }];
  });
  return last(numbers, (a, b) => compareNumbers(a.value, b.value)) ?? none('no tag matches', []);
}

/** The characters that every match begins with. */
function literalStart(pattern: string): string {
  return /^\^?((?:[\w-](?![*?{])|\\[.-])*)/.exec(pattern)?.[1]?.replaceAll('\\', '') ?? '';
}

function last<T extends { readonly tag: string }>(items: readonly T[], order: (a: T, b: T) => number): Choice | null {
  const [first, ...others] = items;
  if (first === undefined) return null;
  const { tag } = others.reduce(
    (best, each) => ((order(each, best) || compareText(each.tag, best.tag)) > 0 ? each : best),
    first,
  );
  return { kind: 'chosen', tag };
}

const NEAREST = 3;

function none(what: string, nearest: readonly string[]): Choice {
  const some = nearest.slice(0, NEAREST);
  return { kind: 'none', reason: some.length === 0 ? what : `${what}; the nearest: ${some.join(', ')}` };
}
