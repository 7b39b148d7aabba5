import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that a test server received. */
export interface ReceivedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly authorization: string | null;
}

export interface Answering {
  /** `127.0.0.1:5000` */
  readonly host: string;
  readonly received: readonly ReceivedRequest[];
  close(): Promise<void>;
}

/** An HTTP server that answers as a test decides, for what no real registry can be made to answer. */
export async function startAnswering(
  answer: (received: ReceivedRequest, response: ServerResponse, request: IncomingMessage) => void,
): Promise<Answering> {
  const received: ReceivedRequest[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    const each = { method, path: url, authorization: headers.authorization ?? null };
    received.push(each);
    answer(each, response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    received,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
