import { readFile } from 'node:fs/promises';
import { connect, constants, createSecureServer } from 'node:http2';
import type {
  ClientHttp2Session,
  Http2SecureServer,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterAddress } from './control-plane.ts';

export interface ProxiedRequest {
  /** From 0. */
  readonly index: number;
  readonly method: string;
  readonly path: string;
}

/**
 * What happens to one request: `cut-before` and `cut-after` break the whole connection, before or after the server acted
 * on it; `onAnswered` is called in between, and the response is lost. A stall delays the request, or its response.
 */
export type Fault =
  | 'pass'
  | 'cut-before'
  | 'cut-after'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | { readonly onAnswered: () => void }
  | { readonly stallMs: number; readonly what: 'request' | 'answer' };

export interface FaultProxy {
  readonly server: string;
  /** A kubeconfig that uses the proxy. */
  readonly kubeconfig: string;
  readonly requests: readonly ProxiedRequest[];
  fault: (request: ProxiedRequest) => Fault;
  /** How far the `Date` of every answer is ahead, as a gateway with another clock writes it. */
  aheadMs: number;
  close(): Promise<void>;
}

/** A proxy in front of the real API server that injects the faults a test chooses. It has the API server's own certificate. */
export async function startFaultProxy(cluster: ClusterAddress): Promise<FaultProxy> {
  const directory = dirname(cluster.caFile);
  const pem = (name: string) => readFile(join(directory, name), 'utf8');
  const [ca, cert, key, adminCert, adminKey] = await Promise.all([
    pem('ca.crt'),
    pem('server.crt'),
    pem('server.key'),
    pem('admin.crt'),
    pem('admin.key'),
  ]);
  const sessions = new Set<ServerHttp2Session>();
  const requests: ProxiedRequest[] = [];
  let upstream: ClientHttp2Session | null = null;

  function current(): ClientHttp2Session {
    if (upstream !== null && !upstream.closed && !upstream.destroyed) return upstream;
    upstream = connect(cluster.server, { ca, cert: adminCert, key: adminKey });
    upstream.on('error', () => undefined);
    return upstream;
  }

  async function serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
    const request = { index: requests.length, method: String(headers[':method']), path: String(headers[':path']) };
    requests.push(request);
    const fault = proxy.fault(request);
    if (fault === 'cut-before') return cut(stream);
    if (typeof fault === 'object' && 'status' in fault) {
      stream.respond({ ':status': fault.status, 'content-type': 'application/json', ...fault.headers });
      stream.end(
        fault.body ??
          JSON.stringify({ kind: 'Status', status: 'Failure', message: 'a fault of the test', code: fault.status }),
      );
      return undefined;
    }
    const stall = typeof fault === 'object' && 'stallMs' in fault ? fault : null;
    if (stall?.what === 'request') await pause(stall.stallMs);
    // The client has given up meanwhile, so the response never arrives.
    if (stream.destroyed) return undefined;
    if (request.path.includes('watch=true')) return passOn(headers, stream, fault);
    const answer = await forward(headers, Buffer.concat(parts));
    if (stall?.what === 'answer') await pause(stall.stallMs);
    if (stream.destroyed) return undefined;
    if (typeof fault === 'object' && 'onAnswered' in fault) fault.onAnswered();
    if (fault === 'cut-after' || (typeof fault === 'object' && 'onAnswered' in fault)) return cut(stream);
    const { date } = answer.headers;
    const shifted = { date: new Date(Date.parse(date ?? '') + proxy.aheadMs).toUTCString() };
    stream.respond(proxy.aheadMs === 0 ? answer.headers : { ...answer.headers, ...shifted });
    stream.end(answer.body);
    return undefined;
  }

  /** A watch lasts until one side ends it, so its data is passed on as it arrives. */
  function passOn(headers: IncomingHttpHeaders, stream: ServerHttp2Stream, fault: Fault): void {
    const { authorization: _token, ...rest } = headers;
    const watch = current().request({ ...rest, ':authority': new URL(cluster.server).host }, { endStream: true });
    watch.on('response', (answered) => {
      if (typeof fault === 'object' && 'onAnswered' in fault) fault.onAnswered();
      if (fault === 'cut-after' || (typeof fault === 'object' && 'onAnswered' in fault)) cut(stream);
      if (stream.destroyed) return;
      stream.respond(answered);
      watch.pipe(stream);
    });
    watch.on('error', () => stream.close());
    stream.on('close', () => watch.close(constants.NGHTTP2_CANCEL));
  }

  function cut(stream: ServerHttp2Stream): void {
    stream.session?.destroy();
  }

  function forward(
    headers: IncomingHttpHeaders,
    body: Buffer,
  ): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const { authorization: _token, ...rest } = headers;
      const isEmpty = body.length === 0;
      const stream = current().request({ ...rest, ':authority': new URL(cluster.server).host }, { endStream: isEmpty });
      const parts: Buffer[] = [];
      let received: IncomingHttpHeaders = {};
      stream.on('response', (answered) => (received = answered));
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => resolve({ headers: received, body: Buffer.concat(parts) }));
      stream.on('error', reject);
      if (!isEmpty) stream.end(body);
    });
  }

  const server: Http2SecureServer = createSecureServer({ cert, key });
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    serve(stream, headers).catch(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = (await readFile(cluster.kubeconfig, 'utf8')).replace(cluster.server, address);
  const proxy: FaultProxy = {
    server: address,
    kubeconfig: config,
    requests,
    fault: () => 'pass',
    aheadMs: 0,
    async close() {
      for (const session of sessions) session.destroy();
      upstream?.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
