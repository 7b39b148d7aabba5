import { defineConfig } from 'vitest/config';

const node = 'node_modules/**';

/** What a test needs decides its project; CONTRIBUTING.md says how to name its file. */
export default defineConfig({
  test: {
    // A system test waits for a server half of its time. vitest's default on two cores is one worker.
    maxWorkers: 2,
    projects: [
      {
        // Node alone: no program is started and no port is opened (test/run/no-parts.ts).
        test: {
          name: 'pure',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.parts.test.ts', 'test/**/*.system.test.ts', node],
          setupFiles: ['test/run/no-parts.ts'],
          testTimeout: 30_000,
        },
      },
      {
        // Real programs and servers that start within a second: git, kubectl, Helm, HTTP, SQS, emulated AWS.
        test: {
          name: 'parts',
          include: ['test/**/*.parts.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // A real Kubernetes, started once for all files, and only if one of them is going to run.
        test: {
          name: 'system',
          include: ['test/**/*.system.test.ts'],
          globalSetup: ['test/run/start-cluster.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
