import { expect, it } from 'vitest';
import { mergeProblem } from '../../src/pulls/plan/merge-problem.ts';

it('names the file that has to be rebased first, and how many more there are', () => {
  const conflict = { kind: 'conflict', paths: ['apps/a.yaml', 'apps/b.yaml'], changedPaths: [] } as const;
  expect(mergeProblem(conflict, 'main')).toMatchObject({
    code: 'merge-conflict',
    subject: 'apps/a.yaml',
    message: expect.stringContaining('changed both on main and in the pull request, and 1 more path'),
    remedy: 'Rebase the pull request first, or merge main into it.',
  });
});
