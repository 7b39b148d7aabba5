import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/run/longest-first.ts';

const node = 'node_modules/**';
// Not by `--exclude`: vitest adds that to its own defaults, and all later runs of the process lack those files too.
const long = process.env['HEADGATE_TEST_SAMPLE'] === undefined ? [] : ['test/**/*.long.*'];

/** The file name of a test decides its project: see CONTRIBUTING.md. */
export default defineConfig({
  test: {
    // System tests wait for servers a part of the time, and vitest's default on two cores is one worker.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // Node alone: no program is started and no port is opened (test/run/no-parts.ts).
        test: {
          name: 'pure',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.parts.test.ts', 'test/**/*.system.test.ts', node],
          setupFiles: ['test/run/no-parts.ts'],
          // Modules have no state, so files share them: to load them for each file takes half of the processor time.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        // Real programs and servers that start within a second: git, kubectl, Helm, HTTP, SQS, emulated AWS. No file shares its process.
        test: {
          name: 'parts',
          include: ['test/**/*.parts.test.ts'],
          exclude: [...long, node],
          globalSetup: ['test/run/run-directory.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // A real Kubernetes, started once for all files, and only if one of them is going to run.
        test: {
          name: 'system',
          include: ['test/**/*.system.test.ts'],
          exclude: [...long, node],
          globalSetup: ['test/run/run-directory.ts', 'test/run/start-cluster.ts'],
          // As in `pure`: to load Headgate takes two seconds of a processor.
          isolate: false,
          setupFiles: ['test/run/same-environment.ts'],
          // Two files share two cores with the cluster.
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
