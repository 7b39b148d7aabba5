import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  /** `fetch`, `ls-refs`, or '' for anything else. */
  readonly command: string;
  readonly body: string;
  bytesOut: number;
}

export interface GitHttpServer {
  readonly url: string;
  readonly port: number;
  readonly requests: LoggedRequest[];
  close(): Promise<void>;
}

export interface GitHttpOptions {
  /** The folder whose bare repositories are served. */
  readonly root: string;
  readonly port?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Answers instead of Git and returns true, or lets the request through. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse, body: Buffer) => boolean | Promise<boolean>;
  /** What Git gets instead of the body. */
  readonly rewrite?: (body: Buffer) => Buffer;
  /** A push is answered after it. `changes` is what `POST_RECEIVE` reads; a push that moves no ref has none. */
  readonly onReceive?: (repository: string, changes: string) => Promise<void>;
}

const RECEIVED = 'HEADGATE_TEST_RECEIVED';

/** The post-receive hook of a repository with `onReceive`. The shell does it alone: it takes a tenth of Node's time. */
export const POST_RECEIVE = `#!/bin/sh
while read -r change; do echo "$change"; done > "$${RECEIVED}"
`;

/** Serves bare repositories with git's own `git http-backend` as CGI (RFC 3875), on loopback. */
export async function startGitServer({
  root,
  port = 0,
  env = {},
  intercept,
  rewrite,
  onReceive,
}: GitHttpOptions): Promise<GitHttpServer> {
  const requests: LoggedRequest[] = [];
  const children = new Set<ReturnType<typeof spawn>>();
  let isClosed = false;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts);
    const logged = log(request, body);
    requests.push(logged);
    if (intercept !== undefined && (await intercept(request, response, body))) return;
    cgi({ request, response, body: rewrite === undefined ? body : rewrite(body), logged });
  }

  function cgi({
    request,
    response,
    body,
    logged,
  }: {
    request: IncomingMessage;
    response: ServerResponse;
    body: Buffer;
    logged: LoggedRequest;
  }): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const repository = onReceive === undefined ? undefined : /^\/(.+)\.git\/git-receive-pack$/.exec(url.pathname)?.[1];
    const received = join(tmpdir(), `headgate-received-${randomUUID()}`);
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'],
        ...env,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: decodeURIComponent(url.pathname),
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        CONTENT_LENGTH: String(body.length),
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REMOTE_USER: 'pusher',
        REMOTE_ADDR: '127.0.0.1',
        [RECEIVED]: received,
      },
    });
    children.add(child);
    child.on('close', () => children.delete(child));
    child.on('error', () => response.destroy());
    child.stderr.resume();
    child.stdin.on('error', () => undefined);
    child.stdin.end(body);
    let head: Buffer | null = Buffer.alloc(0);
    child.stdout.on('data', (part: Buffer) => {
      if (head === null) {
        logged.bytesOut += part.length;
        response.write(part);
        return;
      }
      head = Buffer.concat([head, part]);
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) return;
      writeHead(response, head.toString('latin1', 0, end));
      const rest = head.subarray(end + 4);
      logged.bytesOut += rest.length;
      if (rest.length > 0) response.write(rest);
      head = null;
    });
    const announce = async () => {
      if (repository === undefined || isClosed) return;
      const changes = await readFile(received, 'utf8').catch(() => '');
      if (changes !== '') await onReceive?.(repository, changes);
      await rm(received, { force: true });
    };
    child.stdout.on('end', () => void announce().finally(() => response.end()));
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', () => resolve()));
  const { port: listening } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${listening}`,
    port: listening,
    requests,
    async close() {
      isClosed = true;
      for (const child of children) child.kill('SIGKILL');
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function writeHead(response: ServerResponse, head: string): void {
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === 'status') response.statusCode = Number(value.split(' ')[0]);
    else response.setHeader(name, value);
  }
}

function log(request: IncomingMessage, body: Buffer): LoggedRequest {
  const text = body.toString('latin1', 0, 20_000);
  const command = /command=(\S+)/.exec(text)?.[1] ?? '';
  return { method: request.method ?? '', path: request.url ?? '', command, body: text, bytesOut: 0 };
}
