import { runFuzz } from './run-tests.ts';

// `npm run test:fuzz [DELIVERIES [SEED]]`: the long form of test/githost/fuzz/deliveries.test.ts.
const [deliveries = '1000000', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
await runFuzz({ deliveries, seed });
