import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalQueues } from '../../../src/platforms/local/queues.ts';

/** The line of the child's log that names its queue server. */
export const QUEUE_IS_AT = 'the queue is at';

const METHODS = ['send', 'receive', 'hide', 'recall', 'remove'] as const;

type Method = (typeof METHODS)[number];
type Name = 'deploy' | 'dead' | 'checks' | 'writes';
type Call = (...args: readonly unknown[]) => Promise<unknown>;

/** The queues of this process as a server, so that a proxy in front of it can fail them like any other server. */
export async function startQueueHttp(queues: LocalQueues): Promise<{ readonly url: string; close(): Promise<void> }> {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name = '', method = ''] = (request.url ?? '').split('/');
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const args = JSON.parse(Buffer.concat(parts).toString()) as readonly unknown[];
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const queue = queues[name as Name] as unknown as Readonly<Record<string, Call>>;
    const result = await queue[method]?.(...args, gone.signal);
    response.end(JSON.stringify(result instanceof Set ? [...result] : (result ?? null)));
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The same queues, with every call made through this server. */
export function throughHttp(url: string, queues: LocalQueues): LocalQueues {
  const call = async (name: Name, method: Method, given: readonly unknown[]) => {
    const signals = given.filter((each) => each instanceof AbortSignal);
    const args = given.filter((each) => !(each instanceof AbortSignal));
    const init = { method: 'POST', body: JSON.stringify(args), signal: AbortSignal.any(signals) };
    const response = await fetch(`${url}/${name}/${method}`, init);
    if (!response.ok) throw new Error(`the queue returned status ${response.status}`);
    const result: unknown = await response.json();
    return method === 'hide' ? new Set(result as readonly string[]) : result;
  };
  const through = (name: Name) =>
    Object.fromEntries(METHODS.map((method) => [method, (...args: readonly unknown[]) => call(name, method, args)]));
  return {
    ...queues,
    ...Object.fromEntries((['deploy', 'dead', 'checks'] as const).map((name) => [name, through(name)])),
    writes: { ...queues.writes, ...through('writes') },
  };
}
