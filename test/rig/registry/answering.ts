import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a test server was asked. */
export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly authorization: string | null;
}

export interface Answering {
  /** `127.0.0.1:5000` */
  readonly host: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** An HTTP server that answers as a test decides, for what no real registry can be made to answer. */
export async function startAnswering(
  answer: (asked: Asked, response: ServerResponse, request: IncomingMessage) => void,
): Promise<Answering> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    const each = { method, path: url, authorization: headers.authorization ?? null };
    asked.push(each);
    answer(each, response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
