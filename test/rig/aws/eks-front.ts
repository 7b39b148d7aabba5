import { mkdir, readFile } from 'node:fs/promises';
import { connect, constants, createSecureServer } from 'node:http2';
import type { ClientHttp2Session, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { makeCertificates } from '../cluster/certificates.ts';
import type { ClusterAddress } from '../cluster/control-plane.ts';
import type { AwsServer } from './aws.ts';

export interface FrontRequest {
  readonly method: string;
  readonly path: string;
  /** The identity of the token; null: invalid, and answered with 401. */
  readonly principal: string | null;
  readonly userAgent: string;
}

/** The API server as EKS exposes it: with a certificate of the cluster's own authority, and closed without a token. */
export interface EksFront {
  /** `/clusters/NAME` below it is the same API server as another cluster, which takes tokens for that name. */
  readonly url: string;
  readonly requests: FrontRequest[];
  /** As `DescribeCluster` returns it. */
  ca: string;
  /** Sessions whose ARN has this part may only read; null: all may write. */
  readers: string | null;
  /** Requests wait for this before they are let through. */
  hold: (request: FrontRequest) => Promise<void>;
  /** Serves with the certificate of a new authority, and ends every connection. */
  rotate(): Promise<void>;
  /** Drops every connection silently, as a load balancer does with idle ones. */
  cut(): void;
  close(): Promise<void>;
}

/** Everyone may review their own access. */
const isReading = ({ method, path }: FrontRequest) => method === 'GET' || /\/self\w+reviews$/.test(path);

export async function startEksFront({
  cluster,
  name,
  aws,
  directory,
}: {
  cluster: ClusterAddress;
  name: string;
  aws: AwsServer;
  directory: string;
}): Promise<EksFront> {
  const admin = dirname(cluster.caFile);
  const pem = (path: string) => readFile(path, 'utf8');
  const [ca = '', cert = '', key = ''] = await Promise.all(
    ['ca.crt', 'admin.crt', 'admin.key'].map((file) => pem(join(admin, file))),
  );
  const sessions = new Set<ServerHttp2Session>();
  let upstream: ClientHttp2Session | null = null;
  let authorities = 0;

  async function authority() {
    authorities += 1;
    const folder = join(directory, `authority-${authorities}`);
    await mkdir(folder, { recursive: true });
    const made = await makeCertificates(folder);
    const [of = '', serverCert = '', serverKey = ''] = await Promise.all(
      [made.ca, made.server.cert, made.server.key].map((file) => pem(file)),
    );
    return { ca: of, cert: serverCert, key: serverKey };
  }

  function current(): ClientHttp2Session {
    if (upstream !== null && !upstream.closed && !upstream.destroyed) return upstream;
    upstream = connect(cluster.server, { ca, cert, key });
    upstream.on('error', () => undefined);
    return upstream;
  }

  async function serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const token = (headers.authorization ?? '').replace(/^Bearer /, '');
    const written = String(headers[':path']);
    const [, other = name, path = written] = /^\/clusters\/([^/]+)(\/.*)$/.exec(written) ?? [];
    const request = {
      method: String(headers[':method']),
      path,
      principal: await aws.whoIs(token, other),
      userAgent: String(headers['user-agent']),
    };
    front.requests.push(request);
    if (request.principal === null) {
      stream.respond({ ':status': 401, 'content-type': 'application/json' });
      stream.end('{"kind":"Status","status":"Failure","message":"Unauthorized","code":401}');
      return;
    }
    if (front.readers !== null && request.principal.includes(front.readers) && !isReading(request)) {
      stream.respond({ ':status': 403, 'content-type': 'application/json' });
      stream.end('{"kind":"Status","status":"Failure","reason":"Forbidden","message":"may only read","code":403}');
      return;
    }
    await front.hold(request);
    if (stream.destroyed) return;
    const { authorization: _token, ...rest } = headers;
    const onward = current().request({ ...rest, ':path': path, ':authority': new URL(cluster.server).host });
    // Piped only from here on: a response without a body may end before its head is read.
    onward.on('response', (answered) => {
      if (stream.destroyed) return;
      stream.respond(answered);
      onward.pipe(stream);
    });
    onward.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    stream.on('close', () => onward.close(constants.NGHTTP2_CANCEL));
    stream.pipe(onward);
  }

  const first = await authority();
  const server = createSecureServer({ cert: first.cert, key: first.key });
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
  const front: EksFront = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    ca: first.ca,
    readers: null,
    hold: () => Promise.resolve(),
    async rotate() {
      const next = await authority();
      server.setSecureContext({ cert: next.cert, key: next.key });
      front.ca = `${first.ca}${next.ca}`;
      front.cut();
    },
    cut() {
      for (const session of sessions) session.destroy();
    },
    async close() {
      front.cut();
      upstream?.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return front;
}
