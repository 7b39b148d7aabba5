import { runChaos } from './run-tests.ts';

// `npm run test:chaos [FIRST-LAST[/STEP] [FAULT]]`: the long form of test/system/chaos/ordeal.system.test.ts.
const [requests = '1-999', fault = ''] = process.argv.slice(2);
await runChaos({ requests, fault });
