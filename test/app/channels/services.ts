import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { isChannelKind } from '../../../src/config/checked/channel.ts';
import type { ChannelKind } from '../../../src/config/checked/channel.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An HTTP server in the place of every service. `silent`: it never answers. */
export interface HttpService {
  readonly url: string;
  readonly received: Received[];
  /** For the next requests, one each; then 200. */
  replies: (Reply | 'silent')[];
  close(): Promise<void>;
}

export async function startHttpService(): Promise<HttpService> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      service.received.push({ method, path: url, headers, body: Buffer.concat(parts).toString() });
      const reply = service.replies.shift() ?? { status: 200, body: method === 'GET' ? '[]' : '{"id":1}' };
      if (reply === 'silent') return;
      response.writeHead(reply.status, reply.headers).end(reply.body ?? '');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const service: HttpService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    replies: [],
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return service;
}

export interface MailService {
  /** `host:port` */
  readonly host: string;
  readonly mails: { readonly to: readonly string[]; readonly source: string }[];
  /** Replies to the next mails with these codes; then it takes them. 0: it never answers. */
  replies: number[];
  close(): Promise<void>;
}

export const MAIL_PASSWORD = 'planted-mail-password';

export async function startMailService(): Promise<MailService> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth({ password }, _session, done) {
      if (password === MAIL_PASSWORD) done(null, { user: 'team' });
      else done(Object.assign(new Error('Invalid username or password'), { responseCode: 535 }));
    },
    onData(stream, { envelope }, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const code = service.replies.shift();
        if (code === 0) return;
        if (code !== undefined) return done(Object.assign(new Error('not now'), { responseCode: code }));
        const source = Buffer.concat(parts).toString();
        service.mails.push({ to: envelope.rcptTo.map(({ address }) => address), source });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const service: MailService = {
    host: `127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mails: [],
    replies: [],
    async close() {
      await new Promise<void>((resolve) => {
        server.close(resolve);
      });
    },
  };
  return service;
}

/** How each kind is sent: by HTTP requests to one address, by the API of AWS, or as a mail. */
const SENT: Readonly<Record<ChannelKind, 'http' | 'aws' | 'mail'>> = {
  slack: 'http',
  teams: 'http',
  discord: 'http',
  googlechat: 'http',
  mattermost: 'http',
  pagerduty: 'http',
  webhook: 'http',
  sns: 'aws',
  eventbridge: 'aws',
  'github-deployments': 'http',
  grafana: 'http',
  smtp: 'mail',
};

export const HTTP_KINDS: readonly ChannelKind[] = Object.keys(SENT)
  .filter((kind) => isChannelKind(kind))
  .filter((kind) => SENT[kind] === 'http');
