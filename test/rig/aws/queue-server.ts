import { buildApp } from 'fauxqs';

export interface QueueServer {
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * SQS for tests: fauxqs, in memory and on loopback (its own `startFauxqs` listens on every interface). It differs from SQS in
 * one thing that matters here: it delivers one message of a group per receive. With its persistence enabled, 2.4.1 loses a
 * message that is made visible at once, so keep that off.
 */
export async function startQueueServer(): Promise<QueueServer> {
  const app = buildApp({ logger: false, defaultRegion: QUEUE_REGION });
  const endpoint = await app.listen({ port: 0, host: '127.0.0.1' });
  return { endpoint, close: () => app.close() };
}

export const QUEUE_REGION = 'us-east-1';
