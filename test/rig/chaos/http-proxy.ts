import { Agent, createServer, request as ask } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fault } from '../cluster/fault-proxy.ts';

export interface HttpProxy {
  readonly url: string;
  close(): Promise<void>;
}

export interface Passing {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Only a poll that brings a message is counted, which is known once it is answered. */
  readonly answer: string | null;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A proxy in front of an HTTP/1.1 server that injects the faults a test chooses. */
export async function startHttpProxy({
  upstream,
  isPoll,
  fault,
}: {
  upstream: () => Promise<string>;
  isPoll: (path: string) => boolean;
  fault: (passing: Passing) => Fault;
}): Promise<HttpProxy> {
  const agent = new Agent({ keepAlive: true });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts);
    const { method = '', url: path = '', headers } = request;
    const at = { method, path, headers, body: body.toString('latin1', 0, 4000) };
    const polled = isPoll(path) ? await forward({ method, path, headers, body }, response) : null;
    const injected = fault({ ...at, answer: polled?.body.toString() ?? null });
    const fields: FaultFields = typeof injected === 'object' ? injected : {};
    if (injected === 'cut-before') return void response.destroy();
    if (fields.status !== undefined)
      return void response.writeHead(fields.status, fields.headers).end(fields.body ?? '');
    if (fields.stallMs !== undefined && fields.what === 'request') await pause(fields.stallMs);
    if (response.destroyed) return;
    const answer = polled ?? (await forward({ method, path, headers, body }, response));
    if (fields.stallMs !== undefined && fields.what === 'answer') await pause(fields.stallMs);
    if (fields.onAnswered !== undefined) fields.onAnswered();
    if (injected === 'cut-after' || fields.onAnswered !== undefined) return void response.destroy();
    response.writeHead(answer.status, withoutHops(answer.headers)).end(answer.body);
  }

  async function forward(
    { method, path, headers, body }: { method: string; path: string; headers: IncomingHttpHeaders; body: Buffer },
    response: ServerResponse,
  ): Promise<Answer> {
    const to = new URL(path, await upstream());
    return new Promise((resolve, reject) => {
      const sent = ask(to, { method, agent, headers: { ...withoutHops(headers), 'content-length': body.length } });
      // A poll that the client has given up must not receive a message.
      response.once('close', () => sent.destroy());
      sent.on('error', reject);
      sent.on('response', (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(parts) }),
        );
      });
      sent.end(body);
    });
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The fields of every kind of fault, all optional. */
interface FaultFields {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly stallMs?: number;
  readonly what?: 'request' | 'answer';
  readonly onAnswered?: () => void;
}

function withoutHops({ connection: _c, 'transfer-encoding': _t, 'keep-alive': _k, ...rest }: IncomingHttpHeaders) {
  return rest;
}
