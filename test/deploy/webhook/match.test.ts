import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TargetTemplate, Target } from '../../../src/config/checked/config.ts';
import { match } from '../../../src/deploy/webhook/match.ts';
import { APPS, templateOf } from '../../config/target-templates.ts';
import { aPush, aTarget } from '../../githost/builders.ts';

const TARGETS = [
  aTarget({ name: 'prod', path: 'clusters/prod' }),
  aTarget({ name: 'prod-jobs', path: 'clusters/prod/jobs' }),
  aTarget({ name: 'lab', path: 'clusters/lab', inputs: ['apps/base'] }),
  aTarget({ name: 'next', path: 'clusters/prod', branch: 'next', ref: 'refs/heads/next' }),
];

function matched(
  changedPaths: readonly string[] | null,
  targets = TARGETS,
  ref = 'refs/heads/main',
): readonly string[] | string {
  const result = match(aPush({ ref, changedPaths }), { targets, templates: [] });
  return result.kind === 'none' ? result.reason : result.addresses.map(({ target }) => target);
}

describe('match (§15 G3)', () => {
  it.each([
    ['every target of the branch, when the list may be cut', null, ['prod', 'prod-jobs', 'lab']],
    ['the target below whose path a file changed', ['clusters/prod/a.yaml'], ['prod']],
    ['both of two nested targets', ['clusters/prod/jobs/a.yaml'], ['prod', 'prod-jobs']],
    ['the target that declares the file as input', ['apps/base/a.yaml'], ['lab']],
    ['those without inputs, when the file is below none', ['apps/other/a.yaml'], ['prod', 'prod-jobs']],
    ['a directory by its whole name', ['clusters/prod-2/a.yaml'], ['prod', 'prod-jobs']],
    ['a path that is itself a file', ['clusters/lab'], ['lab']],
    ['the sum over all files', ['clusters/lab/a', 'README.md'], ['prod', 'prod-jobs', 'lab']],
    ['nothing, when no file changed', [], 'no path of a target changed'],
  ])('chooses %s', (_name, paths, names) => {
    expect(matched(paths)).toEqual(names);
  });

  it('chooses nothing for a file that only targets with inputs could have read', () => {
    const target = aTarget({ inputs: ['apps/base'] });
    expect(matched(['README.md'], [target])).toBe('no path of a target changed');
  });

  it('chooses a target at the root for every file', () => {
    expect(matched(['README.md'], [aTarget({ name: 'root', path: '', inputs: ['x'] })])).toEqual(['root']);
  });

  it('names the branch that no target follows', () => {
    expect(matched(null, TARGETS, 'refs/heads/feature')).toBe('no target follows refs/heads/feature');
  });

  it('leaves out suspended targets, whose files are still no shared base', () => {
    const targets = [aTarget({ name: 'asleep', suspend: true }), aTarget({ name: 'awake', path: 'clusters/lab' })];
    expect(matched(null, targets)).toEqual(['awake']);
    expect(matched(['clusters/prod/a.yaml'], targets)).toBe('every target that it changes is suspended');
  });
});

const APPS_TEMPLATE = templateOf(APPS);
const NAME = APPS_TEMPLATE.name;

/** `target` of whoever is asked, with its directory, or `*` for each that is there. */
function asked(
  changedPaths: readonly string[] | null,
  templates: readonly TargetTemplate[],
  targets: readonly Target[] = [],
) {
  const result = match(aPush({ changedPaths }), { targets, templates: templates });
  return result.kind === 'none'
    ? result.reason
    : result.addresses.map(({ target, generatedFrom: from }) =>
        from === undefined ? target : `${target} of ${from.directory ?? '*'}`,
      );
}

describe('match, of the directories of a template', () => {
  it.each([
    ['all of them, when the list may be cut', null, [`${NAME} of *`]],
    ['the one above what changed', ['clusters/lab/apps/shop/web.yaml'], ['shop-lab of clusters/lab/apps/shop']],
    [
      'each once, however many files changed in it, and however deep',
      ['clusters/lab/apps/shop/a', 'clusters/lab/apps/shop/b/c', 'clusters/prod/apps/blog/a'],
      ['shop-lab of clusters/lab/apps/shop', 'blog-prod of clusters/prod/apps/blog'],
    ],
    ['one that will be refused, so that this is said', ['clusters/dev/apps/x/a'], ['x-dev of clusters/dev/apps/x']],
    ['all of them, for a file below none, which may be a base', ['apps/base/a.yaml'], [`${NAME} of *`]],
    ['all of them, for a file where a directory would be', ['clusters/lab/apps/README.md'], [`${NAME} of *`]],
    [
      'one that may have vanished beside all that are there',
      ['clusters/lab/apps/shop/web.yaml', 'base.yaml'],
      [`${NAME} of *`, 'shop-lab of clusters/lab/apps/shop'],
    ],
    ['none, when no file changed', [], 'no path of a target changed'],
  ])('chooses %s', (_name, paths, names) => {
    expect(asked(paths, [APPS_TEMPLATE])).toEqual(names);
  });

  it('counts a file in an input of the template for all of them, and no other file outside', () => {
    const template = templateOf(`${APPS}, inputs: [apps/base]`);
    expect(asked(['apps/base/a.yaml'], [template])).toEqual([`${NAME} of *`]);
    expect(asked(['README.md'], [template])).toBe('no path of a target changed');
  });

  it('takes a file of a directory for no base of the targets beside it, and a file of a target for none of the template', () => {
    const beside = aTarget({ name: 'infra', path: 'infra' });
    expect(asked(['clusters/lab/apps/shop/a'], [APPS_TEMPLATE], [beside])).toEqual([
      'shop-lab of clusters/lab/apps/shop',
    ]);
    expect(asked(['infra/a'], [APPS_TEMPLATE], [beside])).toEqual(['infra']);
    expect(asked(['else/a'], [APPS_TEMPLATE], [beside])).toEqual(['infra', `${NAME} of *`]);
  });

  it('asks all that are there instead of more directories than a delivery has time for', () => {
    const paths = Array.from({ length: 501 }, (_, index) => `clusters/lab/apps/a${index}/web.yaml`);
    expect(asked(paths.slice(1), [APPS_TEMPLATE])).toHaveLength(500);
    expect(asked(paths, [APPS_TEMPLATE])).toEqual([`${NAME} of *`]);
  });

  it('leaves out a suspended template, and one of another branch', () => {
    const asleep = templateOf(`${APPS}, suspend: true`);
    expect(asked(['clusters/lab/apps/shop/a'], [asleep])).toBe('every target that it changes is suspended');
    const next = { ...APPS_TEMPLATE, settings: { ...APPS_TEMPLATE.settings, ref: 'refs/heads/next' } };
    expect(asked(null, [next])).toBe('no target follows refs/heads/main');
  });

  it('chooses for any change the directories that it lies in, and no other', () => {
    const segment = fc.constantFrom('clusters', 'lab', 'prod', 'apps', 'shop', 'a.yaml');
    const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => segments.join('/'));
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 5 }), (paths) => {
        const found = match(aPush({ changedPaths: paths }), { targets: [], templates: [APPS_TEMPLATE] });
        const chosen =
          found.kind === 'none' ? [] : found.addresses.map(({ generatedFrom: from }) => from?.directory ?? '*');
        for (const changed of paths) {
          const inside = /^clusters\/[^/]+\/apps\/[^/]+(?=\/)/.exec(changed)?.[0];
          expect(chosen).toContain(inside ?? '*');
        }
        expect(chosen.every((each) => each === '*' || paths.some((changed) => changed.startsWith(`${each}/`)))).toBe(
          true,
        );
      }),
      { seed: 6, numRuns: 300 },
    );
  });
});
