import { deepStrictEqual } from 'node:assert';
import { afterAll } from 'vitest';

/** The files of a project share its processes, so none may leave an environment to the next that it has changed. */
const before = { ...process.env };

// Hooks run in reverse order: this one runs after those of the file.
afterAll(() => {
  deepStrictEqual({ ...process.env }, before);
});
