import { startVitest } from 'vitest/node';
import { ClosingLine } from './closing-line.ts';
import { getParts } from './rig/cluster/parts.ts';
import { getRuntimeClient } from './rig/lambda/runtime-client.ts';

// `npm test`: every test, on the real parts. What has to be fetched or built is, first, with progress.
await getParts();
await getRuntimeClient();
const vitest = await startVitest('test', process.argv.slice(2), {
  watch: false,
  run: true,
  reporters: ['default', new ClosingLine()],
});
await vitest.close();
