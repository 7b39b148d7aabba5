import { readFile } from 'node:fs/promises';
import { RUN_LIMITS } from '../../../src/cluster/state/limits.ts';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { openLocalQueues } from '../../../src/platforms/local/queues.ts';
import type { LocalQueues, LocalQueuesOptions } from '../../../src/platforms/local/queues.ts';
import { serve } from '../../../src/app/local/serve.ts';
import { jsonLog } from '../../../src/app/json-log.ts';
import { GROUPING_MS, ON_PARENT, PER_SHARD, LEASE_MS, REQUEST_MS } from './limits.ts';
import { QUEUE_IS_AT, startQueueHttp, throughHttp } from './queue-over-http.ts';

// `headgate serve` as a separate process that can be killed, with short deadlines and its queue behind a proxy.
const [path = '', dataDirectory = '', queueProxy = '', visibility = '', sweepMs = ''] = process.argv.slice(2);

async function openQueues(options: LocalQueuesOptions): Promise<LocalQueues> {
  const queues = await openLocalQueues({ ...options, groupingMs: GROUPING_MS });
  const { url } = await startQueueHttp(queues);
  process.stdout.write(`${JSON.stringify({ message: QUEUE_IS_AT, url })}\n`);
  return throughHttp(queueProxy, queues);
}

const read = readConfig({ text: await readFile(path, 'utf8'), path });
if ('problems' in read) throw new Error(JSON.stringify(read.problems));
const hourMs = 3_600_000;
await serve({
  config: read.config,
  env: process.env,
  log: jsonLog({ write: (text) => process.stdout.write(text), nowMs: Date.now }),
  dataDirectory,
  host: '127.0.0.1',
  port: 0,
  sweepIntervalMs: Number(sweepMs),
  driftIntervalMs: hourMs,
  limits: {
    run: {
      ...RUN_LIMITS,
      leaseMs: LEASE_MS,
      requestTimeoutMs: REQUEST_MS,
      layout: { inlineEntries: ON_PARENT, entriesPerShard: PER_SHARD },
    },
    visibilitySeconds: Number(visibility),
    openQueues,
  },
});
