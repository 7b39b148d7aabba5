import { LONG } from './long.ts';
import { runTests } from './run-tests.ts';

// `npm test [-- FILTER …]`: every test but the long ones, with a fixed sample of the long suites. With filters or options of
// `vitest run`: whatever matches.
const args = process.argv.slice(2);
if (args.length === 0) process.stdout.write(`leaving ${LONG.length} long files to npm run test:all\n`);
await runTests(args.length === 0 ? LONG.flatMap((file) => ['--exclude', file]) : args);
