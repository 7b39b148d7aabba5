import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { buildApp } from 'fauxqs';
import { DeployError } from '../../error/deploy-error.ts';

export interface QueueServer {
  readonly endpoint: string;
  close(): Promise<void>;
}

type Stores = NonNullable<NonNullable<Parameters<typeof buildApp>[0]>['stores']>;

/** The parts of fauxqs that its package does not export. */
interface Internals {
  readonly SqsStore: new () => { allQueues(): Iterable<StoredQueue>; persistence?: unknown };
  readonly SnsStore: new () => unknown;
  readonly S3Store: new () => unknown;
  readonly PersistenceManager: new (directory: string) => {
    loadSqsAndSns(sqs: unknown, sns: unknown): void;
    close(): void;
  };
}

interface StoredQueue {
  persistence?: unknown;
  /** By receipt. */
  readonly inflightMessages: ReadonlyMap<string, unknown>;
  changeVisibility(receipt: string, seconds: number): void;
}

/**
 * SQS in this process, with its messages in SQLite below the data directory. `startFauxqs` would listen on every
 * interface, and whoever reaches the queue can ask for deploys: so its parts are put together here, on loopback.
 */
export async function startQueueServer({ dataDirectory }: { dataDirectory: string }): Promise<QueueServer> {
  const directory = join(dataDirectory, 'queue');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const addressFile = join(dataDirectory, 'queue.json');
  await refuseSecond(addressFile, dataDirectory);
  const { buildApp } = await import('fauxqs');
  const { SqsStore, SnsStore, S3Store, PersistenceManager } = await internals();
  const sqsStore = new SqsStore();
  const snsStore = new SnsStore();
  const persistence = new PersistenceManager(directory);
  // Loaded before it is wired, so that loading is not written again.
  persistence.loadSqsAndSns(sqsStore, snsStore);
  sqsStore.persistence = persistence;
  for (const queue of sqsStore.allQueues()) {
    queue.persistence = persistence;
    giveBack(queue);
  }
  const stores = { sqsStore, snsStore, s3Store: new S3Store() } as unknown as Stores;
  const app = buildApp({ logger: false, defaultRegion: REGION, stores });
  app.addHook('preClose', (done: () => void) => {
    persistence.close();
    done();
  });
  const endpoint = await app.listen({ port: 0, host: '127.0.0.1' });
  await writeFile(addressFile, JSON.stringify({ endpoint, pid: process.pid }), { mode: 0o600 });
  return {
    endpoint,
    async close() {
      await app.close();
      await rm(addressFile, { force: true });
    },
  };
}

export const REGION = 'us-east-1';

/** Nobody but the process before this one can have had them, and it is gone: they are not waited for until they are visible again. */
function giveBack(queue: StoredQueue): void {
  // Not 0: fauxqs 2.4.1 loses a message that is given back with that.
  for (const receipt of queue.inflightMessages.keys()) queue.changeVisibility(receipt, 0.001);
}

async function internals(): Promise<Internals> {
  const main = import.meta.resolve('fauxqs');
  const load = async (path: string) => (await import(new URL(path, main).href)) as Internals;
  const [sqs, sns, s3, persistence] = await Promise.all(
    ['./sqs/sqsStore.js', './sns/snsStore.js', './s3/s3Store.js', './persistence.js'].map((path) => load(path)),
  );
  return { ...sqs, ...sns, ...s3, ...persistence } as Internals;
}

/** Two queues over one folder would each hand out the same messages. */
async function refuseSecond(addressFile: string, dataDirectory: string): Promise<void> {
  const address = await readQueueAddress(dataDirectory);
  if (address === null) return;
  const isAnswering = await fetch(`${address}/health`, { signal: AbortSignal.timeout(1000) }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (!isAnswering) return rm(addressFile, { force: true });
  throw new DeployError('usage', {
    subject: dataDirectory,
    message: 'another headgate serve uses this data directory',
    remedy: 'Stop it first, or give this one another --data-dir.',
  });
}

/** Where the `serve` of this data directory keeps its queue; null when none runs. */
export async function readQueueAddress(dataDirectory: string): Promise<string | null> {
  try {
    const content: unknown = JSON.parse(await readFile(join(dataDirectory, 'queue.json'), 'utf8'));
    const endpoint = (content as { endpoint?: unknown }).endpoint;
    return typeof endpoint === 'string' ? endpoint : null;
  } catch {
    return null;
  }
}
