import { startVitest } from 'vitest/node';
import { ClosingLine } from './closing-line.ts';
import { getParts } from './cluster/parts.ts';

// `npm run test:history [PUSHES [SEED]]`: the long form of test/e2e/history.system.test.ts.
const [pushes = '500', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
process.env['HEADGATE_TEST_PUSHES'] = pushes;
process.env['HEADGATE_TEST_SEED'] = seed;
await getParts();
const vitest = await startVitest('test', ['test/e2e/history'], {
  watch: false,
  run: true,
  reporters: ['default', new ClosingLine()],
});
await vitest.close();
