import { runSample, runTests } from './run-tests.ts';

// `npm test [-- FILTER …]`: without arguments the sample, and otherwise what the arguments of `vitest run` select, long tests included.
const args = process.argv.slice(2);
await (args.length === 0 ? runSample() : runTests(args));
