import { runHistory } from './run-tests.ts';

// `npm run test:history [OPERATIONS [SEED [NAME]]]`: the long form of test/system/chaos/soak.system.test.ts.
const [operations = '500', seed = String(Date.now() % 1_000_000), named = ''] = process.argv.slice(2);
await runHistory({ operations, seed, named });
