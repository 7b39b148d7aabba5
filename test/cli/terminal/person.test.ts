import { userInfo } from 'node:os';
import { expect, it } from 'vitest';
import { personOf } from '../../../src/cli/terminal/person.ts';

it('names the person by the environment, and by the account where the environment has no name', () => {
  expect(personOf({ USER: 'ada', LOGNAME: 'root' })).toBe('ada');
  expect(personOf({})).toBe(userInfo().username);
  expect(personOf({ USER: '' })).toBe(userInfo().username);
});
