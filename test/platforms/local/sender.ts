import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openLocalQueues } from '../../../src/platforms/local/queues.ts';
import { aRequest } from '../../queue/requests.ts';

/** A process that keeps sending requests to a data directory, and reports each one that was sent. */
export interface Sender {
  /** The targets of the requests that were reported as sent so far. */
  readonly names: readonly string[];
  /** Resolves when there are this many. */
  sent(count: number): Promise<void>;
  kill(): Promise<void>;
}

const FILE = fileURLToPath(import.meta.url);

export async function startSender(dataDirectory: string): Promise<Sender> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', FILE, dataDirectory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const names: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (name) => names.push(name));
  const sent = async (count: number) => {
    while (names.length < count) await once(lines, 'line');
  };
  await sent(1);
  return {
    names,
    sent,
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

if (process.argv[1] === FILE) {
  const [dataDirectory = ''] = process.argv.slice(2);
  const queues = await openLocalQueues({ dataDirectory, nowMs: Date.now });
  for (let n = 0; ; n += 1) {
    await queues.deploy.send([aRequest(`t${n}`)], new AbortController().signal);
    process.stdout.write(`t${n}\n`);
  }
}
