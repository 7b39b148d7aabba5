import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { Http2SecureServer, ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readAsTarget } from '../../../src/cli/setup/target-access.ts';
import type { ClusterAccess } from '../../../src/cluster/api/access.ts';
import { openSessions } from '../../../src/cluster/api/connection.ts';
import type { SessionPool } from '../../../src/cluster/api/connection.ts';
import { aTarget } from '../../githost/builders.ts';

const ROLE = 'arn:aws:iam::111122223333:role/headgate/shop';
const eks = { kind: 'eks', name: 'prod', cluster: 'prod', region: 'eu-west-1', role: ROLE, externalId: 'x' } as const;

let directory: string;
let server: Http2SecureServer;
let sessions: SessionPool;
let access: ClusterAccess;
const open: ServerHttp2Session[] = [];

// An API server that takes nobody's token, as that of EKS does when the access entry is another role's.
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-access-'));
  const file = (name: string) => join(directory, name);
  const command =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=x -addext subjectAltName=IP:127.0.0.1';
  execFileSync('openssl', [...command.split(' '), '-keyout', file('key'), '-out', file('crt')], { stdio: 'ignore' });
  const [cert, key] = ['crt', 'key'].map((name) => readFileSync(file(name), 'utf8')) as [string, string];
  server = createSecureServer({ cert, key });
  server.on('session', (session) => open.push(session));
  server.on('stream', (stream) => {
    stream.respond({ ':status': 401 });
    stream.end('{"kind":"Status","message":"Unauthorized"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = () => Promise.resolve('planted-token');
  access = { server: address, ca: cert, tlsServerName: null, clientCertificate: null, token, renew: null };
  sessions = openSessions();
});
afterEach(async () => {
  sessions.close();
  for (const session of open.splice(0)) session.destroy();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

const look = (target: ReturnType<typeof aTarget>) =>
  readAsTarget(target, { accessOf: async () => access, sessions }, AbortSignal.timeout(10_000));

it('suspects a role that was made again, when EKS was found and does not know it', async () => {
  await expect(look(aTarget({ cluster: eks }))).rejects.toMatchObject({
    code: 'cluster-unauthorized',
    message: expect.stringContaining(`does not know ${ROLE}: it has no access entry, or one of a role`) as string,
    remedy: expect.stringContaining('aws eks delete-access-entry') as string,
  });
});

it('speaks of the credentials of a kubeconfig', async () => {
  await expect(look(aTarget())).rejects.toMatchObject({
    code: 'cluster-unauthorized',
    remedy: expect.stringContaining('kubectl auth whoami') as string,
  });
});
