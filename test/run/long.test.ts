import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { LONG } from './long.ts';

it('leaves only files that exist to npm run test:all, each once', () => {
  expect(LONG.filter((file) => !existsSync(file))).toEqual([]);
  expect(new Set(LONG).size).toBe(LONG.length);
});
