import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { openCheckQueue } from '../../../src/platforms/aws/sqs/check-queue.ts';
import { createQueues, openQueue } from '../../../src/platforms/aws/sqs/queue.ts';
import { RUN_LIMITS } from '../../../src/cluster/state/limits.ts';
import { readConfig } from '../../../src/config/checked/read-config.ts';
import { REGION, startQueueServer } from '../../../src/platforms/local/queue-server.ts';
import type { LocalQueues } from '../../../src/platforms/local/queues.ts';
import { serve } from '../../../src/app/local/serve.ts';
import { jsonLog } from '../../../src/app/json-log.ts';
import { ON_PARENT, PER_SHARD, LEASE_MS, REQUEST_MS } from './limits.ts';

// `headgate serve` as a separate process that can be killed, with short deadlines and its queue behind a proxy.
const [path = '', dataDirectory = '', queueProxy = '', visibility = ''] = process.argv.slice(2);

async function openQueues(): Promise<LocalQueues> {
  const server = await startQueueServer({ dataDirectory });
  const straight = { endpoint: server.endpoint, region: REGION };
  const at = { endpoint: queueProxy, region: REGION };
  const { deployUrl, deadUrl, checkUrl } = await createQueues({ ...straight, maxReceiveCount: 20 });
  const open = (queueUrl: string) => openQueue({ ...at, queueUrl, randomId: randomUUID });
  const [deploy, dead, checks] = await Promise.all([
    open(deployUrl),
    open(deadUrl),
    openCheckQueue({ ...at, queueUrl: checkUrl }),
  ]);
  return { deploy, dead, checks, close: () => server.close() };
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
  sweepIntervalMs: hourMs,
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
