import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseTag } from '../../../src/images/policy/choose-tag.ts';
import type { Choice } from '../../../src/images/policy/choose-tag.ts';
import type { TagPolicy } from '../../../src/config/checked/config.ts';

const semver = (range: string): TagPolicy => ({ kind: 'semver', range });
const newest = (order: 'numerical' | 'alphabetical' | 'semver', pattern = '', by: string | null = null): TagPolicy => ({
  kind: 'newest',
  pattern,
  by,
  order,
});
const chosen = (tag: string): Choice => ({ kind: 'chosen', tag });
const none = (reason: string): Choice => ({ kind: 'none', reason });

const CODE_NAMES = ['artful', 'bionic', 'cosmic', 'disco', 'eoan', 'focal', 'groovy', 'xenial', 'yakkety', 'zesty'];

describe('a policy chooses what Flux chooses', () => {
  it.each([
    [semver('1.0.x'), ['1.0.0', '1.0.0.1', '1.0.0p', '1.0.1', '1.2.0', '0.1.0'], '1.0.1'],
    [semver('1.0.x'), ['v1.2.3', 'v1.0.0', 'v0.1.0'], 'v1.0.0'],
    [newest('numerical'), ['-62', '-88', '73', '72', '15', '16', '15', '29', '-33', '-91'], '73'],
    [newest('numerical'), ['5', '-8', '-78', '25', '70', '-4', '80', '92', '-20', '-24'], '92'],
    [newest('numerical'), ['0.35', '0.5', '12.031', '-0.9', '12.03'], '12.031'],
    [newest('numerical'), ['1606234201', '1606364286', '1606334092'], '1606364286'],
    [newest('alphabetical'), ['16.04', '16.04.1', '16.10', '20.04', '20.10'], '20.10'],
    [newest('alphabetical'), CODE_NAMES, 'zesty'],
    [newest('alphabetical'), ['rel-1606234201', 'rel-1606364286', 'rel-1606334092'], 'rel-1606364286'],
    [
      newest('alphabetical'),
      ['2021-01-08T21-18-21Z', '2023-05-08T00-20-00Z', '2020-05-08T21-18-21Z'],
      '2023-05-08T00-20-00Z',
    ],
    [newest('numerical', String.raw`ver(?<n>\d+)`, 'n'), ['ver1', 'ver2', 'ver3', 'rel9'], 'ver3'],
    [newest('alphabetical', '^ver'), ['ver1', 'ver2', 'ver3', 'zel1'], 'ver3'],
    [
      newest('numerical', String.raw`^\d+-(?<tag>\d+)\.\d+\.[a-f0-9]+$`, 'tag'),
      ['123-124.123.abcd456', '123-125.123.abcd456', '123-126.123.abcd456-debug'],
      '123-125.123.abcd456',
    ],
    [
      newest('numerical', String.raw`^\d+-(?<tag>\d+)\.\d+\.[a-f0-9]+-debug$`, 'tag'),
      ['123-124.123.abcd456', '123-125.123.abcd456', '123-126.123.abcd456-debug'],
      '123-126.123.abcd456-debug',
    ],
    [
      newest('numerical', String.raw`^\d+-(?<tag>\d+)\.\d+\.[a-f0-9]+(?:-debug)?$`, 'tag'),
      ['123-124.123.abcd456', '123-127.123.abcd456', '123-126.123.abcd456-debug'],
      '123-127.123.abcd456',
    ],
  ] as const)('with %j of %j: %s', (policy, tags, tag) => {
    expect(chooseTag(policy, tags)).toEqual(chosen(tag));
  });

  it.each([
    [
      semver('1.0.x'),
      ['b1.0.0', 'b1.0.1', 'b1.2.0'],
      'no tag is a version in 1.0.x; the nearest: b1.2.0, b1.0.1, b1.0.0',
    ],
    [semver('1.0.x'), [], 'the registry has no tag of this image'],
    [semver('1.0.x'), ['1.2.0'], 'no tag is a version in 1.0.x; the nearest: 1.2.0'],
    [newest('numerical'), ['0', '1a', 'b'], '1a in the tag 1a is not a number'],
    [newest('numerical'), [], 'the registry has no tag of this image'],
    [newest('alphabetical'), [], 'the registry has no tag of this image'],
  ] as const)('and nothing with %j of %j', (policy, tags, reason) => {
    expect(chooseTag(policy, tags)).toEqual(none(reason));
  });
});

describe('a semver policy', () => {
  it('takes prereleases only for a range that names one', () => {
    const tags = ['1.2.3', '1.3.0-rc.1', '1.3.0-rc.10', '1.3.0-rc.9'];
    expect(chooseTag(semver('^1.2.0'), tags)).toEqual(chosen('1.2.3'));
    expect(chooseTag(semver('>=1.3.0-0'), tags)).toEqual(chosen('1.3.0-rc.10'));
  });

  it('names the three versions that are nearest to a range without any', () => {
    const tags = ['1.1.9', '0.1.0', '2.0.0', '1.1.8', '3.0.0', 'latest'];
    expect(chooseTag(semver('~1.5.0'), tags)).toEqual(
      none('no tag is a version in ~1.5.0; the nearest: 1.1.9, 2.0.0, 1.1.8'),
    );
  });
});

describe('a newest policy', () => {
  it('compares numbers of any length exactly', () => {
    const tags = ['b-90071992547409931', 'b-90071992547409930', 'b-90071992547409932'];
    expect(chooseTag(newest('numerical', '^b-(?<n>[0-9]+)$', 'n'), tags)).toEqual(chosen('b-90071992547409932'));
  });

  it('does not take a commit id such as 1e5 for a number', () => {
    expect(chooseTag(newest('numerical', '^main-(?<n>[0-9a-f]+)$', 'n'), ['main-12', 'main-1e5'])).toEqual(
      none('1e5 in the tag main-1e5 is not a number'),
    );
  });

  it('compares the group as a version, and ignores what is none', () => {
    const tags = ['app-1.9.0', 'app-1.10.0', 'app-2', 'web-3.0.0'];
    expect(chooseTag(newest('semver', '^app-(?<v>.*)$', 'v'), tags)).toEqual(chosen('app-1.10.0'));
  });

  it('ignores a tag in which an optional group does not take part', () => {
    const tags = ['main', 'main-7'];
    expect(chooseTag(newest('numerical', '^main(?:-(?<n>[0-9]+))?$', 'n'), tags)).toEqual(chosen('main-7'));
  });

  it('names the tags that begin like the pattern when none matches', () => {
    const tags = ['latest', 'main-x', 'man-1', 'main-y', 'zeta', 'main.3'];
    expect(chooseTag(newest('numerical', '^main-[0-9]+$'), tags)).toEqual(
      none('no tag matches ^main-[0-9]+$; the nearest: main-y, main-x, main.3'),
    );
  });

  it('ends within seconds for a pattern that takes forever on a tag, and says so', () => {
    const startMs = performance.now();
    const choice = chooseTag(newest('alphabetical', '^(a+)+$'), [`${'a'.repeat(127)}.`]);
    expect(choice).toMatchObject({ kind: 'none', reason: expect.stringContaining('takes too long') as string });
    expect(performance.now() - startMs).toBeLessThan(30_000);
  }, 60_000);

  it('chooses among 50,000 tags', () => {
    const tags = Array.from({ length: 50_000 }, (_, index) => `main-${(index * 7919).toString(16)}-${index}`);
    const policy = newest('numerical', '^main-[0-9a-f]+-(?<time>[0-9]+)$', 'time');
    expect(chooseTag(policy, tags)).toEqual(chosen(`main-${(49_999 * 7919).toString(16)}-49999`));
    expect(chooseTag(semver('^1.0.0'), tags)).toMatchObject({ kind: 'none' });
  }, 60_000);
});

describe('a digest policy', () => {
  it('chooses its tag, or names the nearest ones when it does not exist', () => {
    const policy: TagPolicy = { kind: 'digest', tag: 'stable' };
    expect(chooseTag(policy, ['latest', 'stable'])).toEqual(chosen('stable'));
    expect(chooseTag(policy, ['latest', 'stage', 'stabel', 'next'])).toEqual(
      none('the tag stable does not exist; the nearest: stabel, stage, next'),
    );
  });
});

it('ignores tags under which signatures and attestations are stored', () => {
  const id = `sha256-${'ab'.repeat(32)}`;
  const tags = [`${id}.sig`, `${id}.att`, id, 'main-1'];
  expect(chooseTag(newest('alphabetical'), tags)).toEqual(chosen('main-1'));
  expect(chooseTag(newest('alphabetical'), tags.slice(0, 3))).toEqual(none('the registry has no tag of this image'));
});

it('chooses the same tag in whatever order the registry lists them', () => {
  const tag = fc.stringMatching(/^v?[0-2]\.[0-2]\.[0-2](?:-[ab]\.[0-9])?$/);
  const policy = fc.constantFrom(semver('>=0.0.0-0'), semver('1.x'), newest('alphabetical'), newest('semver'));
  fc.assert(
    fc.property(fc.array(tag), policy, (tags, each) => {
      expect(chooseTag(each, tags.toReversed())).toEqual(chooseTag(each, tags));
    }),
    { seed: 7, numRuns: 200 },
  );
});
