import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { LambdaFunction } from './function.ts';

const Answer = z.object({
  statusCode: z.number(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().default(''),
});
/** Lambda's limit: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LIMIT_BYTES = 6 * 1024 * 1024;

/** A function URL: HTTP in, an event of payload format 2.0 to the function, and its response back. */
export async function startFunctionUrl(target: LambdaFunction) {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      if (body.length > LIMIT_BYTES) return void response.writeHead(413).end('{"Message":"Request Too Long"}');
      const url = new URL(request.url ?? '/', 'http://localhost');
      const isText = /json|text|urlencoded/.test(request.headers['content-type'] ?? '');
      const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
      const event = {
        version: '2.0',
        rawPath: url.pathname,
        rawQueryString: url.search.slice(1),
        headers: Object.fromEntries(headers) as Record<string, string>,
        requestContext: { http: { method: request.method, path: url.pathname, protocol: 'HTTP/1.1' } },
        body: body.toString(isText ? 'utf8' : 'base64'),
        isBase64Encoded: !isText,
      };
      return void target.call(event).then(
        (answered) => {
          const { statusCode, headers: sent, body: text } = Answer.parse(answered);
          return response.writeHead(statusCode, sent).end(text);
        },
        () => response.writeHead(502).end('Internal Server Error'),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
