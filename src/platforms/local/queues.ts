import { randomUUID } from 'node:crypto';
import { openCheckQueue } from '../aws/sqs/check-queue.ts';
import type { CheckQueue } from '../aws/sqs/check-queue.ts';
import { createQueues, openQueue } from '../aws/sqs/queue.ts';
import type { SqsQueue } from '../aws/sqs/queue.ts';
import { REGION, startQueueServer } from './queue-server.ts';

/** What `serve` sends to and takes from, over one embedded server. */
export interface LocalQueues {
  readonly deploy: SqsQueue;
  readonly dead: SqsQueue;
  readonly checks: CheckQueue;
  close(): Promise<void>;
}

const MAX_RECEIVE_COUNT = 20;

export async function openLocalQueues(dataDirectory: string): Promise<LocalQueues> {
  const server = await startQueueServer({ dataDirectory });
  const at = { endpoint: server.endpoint, region: REGION };
  const { deployUrl, deadUrl, checkUrl } = await createQueues({ ...at, maxReceiveCount: MAX_RECEIVE_COUNT });
  const open = (queueUrl: string) => openQueue({ ...at, queueUrl, randomId: randomUUID });
  const [deploy, dead, checks] = await Promise.all([
    open(deployUrl),
    open(deadUrl),
    openCheckQueue({ ...at, queueUrl: checkUrl }),
  ]);
  return {
    deploy,
    dead,
    checks,
    async close() {
      for (const queue of [deploy, dead, checks]) queue.close();
      await server.close();
    },
  };
}
