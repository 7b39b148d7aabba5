import { defineConfig } from 'vitest/config';

/** `unit` needs nothing but Node and git; `system` runs on the real parts (test/real.ts starts them once for all files). */
export default defineConfig({
  test: {
    // Half of a system test's time it waits for a server; with vitest's default of one worker on two cores so do all others.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.system.test.ts', 'node_modules/**'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/**/*.system.test.ts'],
          globalSetup: ['test/real.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
