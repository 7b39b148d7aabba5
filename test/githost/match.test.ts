import { describe, expect, it } from 'vitest';
import { match } from '../../src/deploy/match.ts';
import { aPush, aTarget } from './builders.ts';

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
  const result = match(aPush({ ref, changedPaths }), targets);
  return result.kind === 'none' ? result.reason : result.targets.map(({ name }) => name);
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
