import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod/mini';

/** What a webhook channel sent: its message id, and the event that it reports. */
export interface ReceivedNotice {
  readonly id: string;
  readonly event: string;
  readonly target: string;
  readonly revision: string | null;
}

export interface NoticeReceiver {
  readonly url: string;
  readonly received: ReceivedNotice[];
  close(): Promise<void>;
}

const Sent = z.object({
  id: z.string(),
  type: z.string(),
  subject: z.string(),
  data: z.object({ revision: z.nullable(z.string()), text: z.string() }),
});

/** The service behind a channel of kind webhook. It takes every message. */
export async function startNoticeReceiver(): Promise<NoticeReceiver> {
  const received: ReceivedNotice[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { type, subject, data } = z.parse(Sent, JSON.parse(Buffer.concat(parts).toString()));
      const id = String(request.headers['webhook-id']);
      const kind = type.replace('dev.headgate.', '');
      // What a commit waits for is part of the event; a duration is not.
      const event = kind === 'waiting' ? data.text.replace(/, .*/, '').replaceAll(subject, 'TARGET') : kind;
      received.push({ id, event, target: subject, revision: data.revision });
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
