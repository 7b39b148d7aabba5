import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As a host sent it, and each answer that it was settled with. */
export interface StoredMessage {
  readonly kind: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly settled: { readonly status: number; readonly retryAfter: string | null }[];
}

export interface GatewayOptions {
  /** Reports how often it pushed a message. */
  readonly countsTries?: boolean;
  /** Pushes a message when it is due; otherwise at once, as queues do that cannot delay one. */
  readonly delays?: boolean;
}

/** A queue that pushes: it stores what is posted to /deploy and /check, and posts it to the host until that answers 2xx. */
export class Gateway {
  readonly messages: StoredMessage[] = [];
  /** Where messages are pushed to; null: nowhere for now. */
  hostUrl: string | null = null;
  /** Answers with 503 instead of storing. */
  isDown = false;
  readonly url: string;
  readonly #close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  static async start({ countsTries = true, delays = true }: GatewayOptions = {}): Promise<Gateway> {
    const timers = new Set<NodeJS.Timeout>();
    const closing = new AbortController();

    function pushAfter(message: StoredMessage, ms: number): void {
      const timer = setTimeout(() => {
        timers.delete(timer);
        void push(message);
      }, ms);
      timers.add(timer);
    }

    async function push(message: StoredMessage): Promise<void> {
      if (gateway.hostUrl === null) return pushAfter(message, 50);
      const attempt = countsTries ? { 'headgate-attempt': String(message.settled.length + 1) } : {};
      const answer = await fetch(`${gateway.hostUrl}/tasks/${message.kind}`, {
        method: 'POST',
        headers: { authorization: message.headers['authorization'] ?? '', ...attempt },
        body: message.body,
        signal: closing.signal,
      }).catch(() => null);
      if (closing.signal.aborted) return;
      const retryAfter = answer?.headers.get('retry-after') ?? null;
      message.settled.push({ status: answer?.status ?? 0, retryAfter });
      if (answer?.ok !== true) pushAfter(message, Number(retryAfter ?? '0.2') * 1000);
    }

    async function store(request: IncomingMessage): Promise<void> {
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const kind = (request.url ?? '').slice(1);
      const message = { kind, headers, body: Buffer.concat(parts).toString(), settled: [] };
      gateway.messages.push(message);
      pushAfter(message, delays ? Number(headers['headgate-delay-seconds'] ?? 0) * 1000 : 0);
    }

    const server = createServer((request, response) => {
      if (gateway.isDown) return void response.writeHead(503).end();
      return void store(request).then(
        () => response.writeHead(202).end(),
        () => response.destroy(),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const gateway = new Gateway(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, async () => {
      closing.abort();
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return gateway;
  }

  of(kind: string): readonly StoredMessage[] {
    return this.messages.filter((message) => message.kind === kind);
  }

  close(): Promise<void> {
    return this.#close();
  }
}
