import { startVitest } from 'vitest/node';
import { ClosingLine } from '../../closing-line.ts';
import { getParts } from '../cluster/parts.ts';

// `npm run test:chaos [FIRST-LAST[/STEP] [BLOW]]`: every request in turn is answered badly, or the process killed at it;
// without a range, at all of them. A row of the table is printed when it is through: where, what happened to each
// request, how many were struck at which server, and how often the end was another.
const [requests = '1-999', blow = ''] = process.argv.slice(2);
process.env['HEADGATE_TEST_REQUESTS'] = requests;
process.env['HEADGATE_TEST_LABS'] ??= '8';
await getParts();
process.stdout.write('| state | each request was | struck | differences |\n| --- | --- | --- | --- |\n');
const vitest = await startVitest('test', ['test/system/chaos/ordeal'], {
  watch: false,
  run: true,
  testNamePattern: blow,
  reporters: ['default', new ClosingLine()],
});
await vitest.close();
