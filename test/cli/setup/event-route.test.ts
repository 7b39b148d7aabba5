import { expect, it } from 'vitest';
import { eventRoute } from '../../../src/cli/setup/event-route.ts';

const repository = { name: 'fleet', url: 'https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet' };

it.each([
  ['eu-west-1', /^events in eu-west-1, by a rule of the stack/],
  ['eu-west-2', /^only by the sweep: the stack is in eu-west-2, .* in eu-west-1 \(headgate connect fleet says/],
  [null, /^skipped: no AWS region is configured/],
])('shows how pushes to CodeCommit arrive at a stack in %s', (region, text) => {
  expect(eventRoute(repository, region)).toMatch(text);
});

it('takes a repository whose URL has no region to be where the stack is', () => {
  const url = 'https://git.internal.example.com/v1/repos/fleet';
  expect(eventRoute({ ...repository, url }, 'eu-west-2')).toMatch(/^events in eu-west-2/);
});
