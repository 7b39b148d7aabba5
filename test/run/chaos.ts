import { runChaos } from './run-tests.ts';

// `npm run test:chaos [FIRST-LAST[/STEP] [MODE]]`: the long form of test/system/chaos/fault-points.long.system.test.ts.
const [faultPoints = '1-999', mode = ''] = process.argv.slice(2);
await runChaos({ faultPoints, mode });
