import { runTests } from './run-tests.ts';

// `npm test [-- FILTER …]`: every test, with a fixed sample of the long suites. Takes the options of `vitest run`.
await runTests(process.argv.slice(2));
