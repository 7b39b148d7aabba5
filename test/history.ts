import { startVitest } from 'vitest/node';
import { ClosingLine } from './closing-line.ts';
import { getParts } from './rig/cluster/parts.ts';

// `npm run test:history [OPERATIONS [SEED]]`: the long form of test/system/chaos/operations.system.test.ts, the operations spread
// over four fleets that live side by side.
const [operations = '500', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
process.env['HEADGATE_TEST_OPERATIONS'] = operations;
process.env['HEADGATE_TEST_SEED'] = seed;
process.env['HEADGATE_TEST_FLEETS'] ??= '4';
await getParts();
const vitest = await startVitest('test', ['test/system/chaos/operations'], {
  watch: false,
  run: true,
  reporters: ['default', new ClosingLine()],
});
await vitest.close();
