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
  return result.kind === 'none' ? result.reason : result.recipients.map(({ target }) => target);
}

describe('match', () => {
  it.each([
    ['every target of the branch, when the list may be cut', null, ['prod', 'prod-jobs', 'lab']],
    ['the target below whose path a file changed', ['clusters/prod/a.yaml'], ['prod']],
    ['both of two nested targets', ['clusters/prod/jobs/a.yaml'], ['prod', 'prod-jobs']],
    ['the target that declares the file as input', ['apps/base/a.yaml'], ['lab']],
    ['the targets without inputs, when the file is below none', ['apps/other/a.yaml'], ['prod', 'prod-jobs']],
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

  it('leaves out suspended targets, and does not take their files for a shared base', () => {
    const targets = [aTarget({ name: 'paused', suspend: true }), aTarget({ name: 'active', path: 'clusters/lab' })];
    expect(matched(null, targets)).toEqual(['active']);
    expect(matched(['clusters/prod/a.yaml'], targets)).toBe('every affected target is suspended');
  });
});

const APPS_TEMPLATE = templateOf(APPS);
const NAME = APPS_TEMPLATE.name;

/** The names of the matched recipients, with their directory, or `*` for all directories of the template. */
function queued(
  changedPaths: readonly string[] | null,
  templates: readonly TargetTemplate[],
  targets: readonly Target[] = [],
) {
  const result = match(aPush({ changedPaths }), { targets, templates: templates });
  return result.kind === 'none'
    ? result.reason
    : result.recipients.map(({ target, generatedFrom: from }) =>
        from === undefined ? target : `${target} of ${from.directory ?? '*'}`,
      );
}

describe('match, with the directories of a template', () => {
  it.each([
    ['all directories, when the list may be cut', null, [`${NAME} of *`]],
    ['the directory of the changed file', ['clusters/lab/apps/shop/web.yaml'], ['shop-lab of clusters/lab/apps/shop']],
    [
      'each directory once, however many files changed in it, and however deep',
      ['clusters/lab/apps/shop/a', 'clusters/lab/apps/shop/b/c', 'clusters/prod/apps/blog/a'],
      ['shop-lab of clusters/lab/apps/shop', 'blog-prod of clusters/prod/apps/blog'],
    ],
    [
      'a directory that will be refused, so that the refusal is reported',
      ['clusters/dev/apps/x/a'],
      ['x-dev of clusters/dev/apps/x'],
    ],
    ['all directories, for a file outside all of them, which may be a base', ['apps/base/a.yaml'], [`${NAME} of *`]],
    ['all directories, for a file where a directory would be', ['clusters/lab/apps/README.md'], [`${NAME} of *`]],
    [
      'all directories, and the changed one too, which may have been removed',
      ['clusters/lab/apps/shop/web.yaml', 'base.yaml'],
      [`${NAME} of *`, 'shop-lab of clusters/lab/apps/shop'],
    ],
    ['none, when no file changed', [], 'no path of a target changed'],
  ])('chooses %s', (_name, paths, names) => {
    expect(queued(paths, [APPS_TEMPLATE])).toEqual(names);
  });

  it('chooses all directories for a file in an input of the template, and none for other files outside', () => {
    const template = templateOf(`${APPS}, inputs: [apps/base]`);
    expect(queued(['apps/base/a.yaml'], [template])).toEqual([`${NAME} of *`]);
    expect(queued(['README.md'], [template])).toBe('no path of a target changed');
  });

  it('does not take a file of a directory or a target for a base of the others', () => {
    const other = aTarget({ name: 'infra', path: 'infra' });
    expect(queued(['clusters/lab/apps/shop/a'], [APPS_TEMPLATE], [other])).toEqual([
      'shop-lab of clusters/lab/apps/shop',
    ]);
    expect(queued(['infra/a'], [APPS_TEMPLATE], [other])).toEqual(['infra']);
    expect(queued(['else/a'], [APPS_TEMPLATE], [other])).toEqual(['infra', `${NAME} of *`]);
  });

  it('chooses the whole template above 500 changed directories', () => {
    const paths = Array.from({ length: 501 }, (_, index) => `clusters/lab/apps/a${index}/web.yaml`);
    expect(queued(paths.slice(1), [APPS_TEMPLATE])).toHaveLength(500);
    expect(queued(paths, [APPS_TEMPLATE])).toEqual([`${NAME} of *`]);
  });

  it('leaves out a suspended template and a template of another branch', () => {
    const suspended = templateOf(`${APPS}, suspend: true`);
    expect(queued(['clusters/lab/apps/shop/a'], [suspended])).toBe('every affected target is suspended');
    const next = { ...APPS_TEMPLATE, settings: { ...APPS_TEMPLATE.settings, ref: 'refs/heads/next' } };
    expect(queued(null, [next])).toBe('no target follows refs/heads/main');
  });

  it('chooses exactly the directories that contain a change', () => {
    const segment = fc.constantFrom('clusters', 'lab', 'prod', 'apps', 'shop', 'a.yaml');
    const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => segments.join('/'));
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 5 }), (paths) => {
        const found = match(aPush({ changedPaths: paths }), { targets: [], templates: [APPS_TEMPLATE] });
        const chosen =
          found.kind === 'none' ? [] : found.recipients.map(({ generatedFrom: from }) => from?.directory ?? '*');
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
