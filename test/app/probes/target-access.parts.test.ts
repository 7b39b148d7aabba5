import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { Http2SecureServer, ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { probeTargetAccess } from '../../../src/app/probes/target-access.ts';
import type { ClusterAccess } from '../../../src/cluster/api/access.ts';
import { openSessions } from '../../../src/cluster/api/connection.ts';
import type { SessionPool } from '../../../src/cluster/api/connection.ts';
import { aTarget } from '../../githost/builders.ts';

const ROLE = 'arn:aws:iam::111122223333:role/headgate/shop';
const eks = {
  kind: 'eks',
  name: 'prod',
  cluster: 'prod',
  region: 'eu-west-1',
  role: ROLE,
  readRole: null,
  externalId: 'x',
} as const;

let directory: string;
let server: Http2SecureServer;
let sessions: SessionPool;
let access: ClusterAccess;
const open: ServerHttp2Session[] = [];

// An API server that refuses every token, as EKS does when the access entry belongs to another role.
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

const probe = (target: ReturnType<typeof aTarget>) =>
  probeTargetAccess(target, { accessOf: async () => access, sessions }, AbortSignal.timeout(10_000));

it('suggests that the role was recreated when EKS does not recognize it', async () => {
  await expect(probe(aTarget({ cluster: eks }))).rejects.toMatchObject({
    code: 'cluster-unauthorized',
    message: expect.stringContaining(
      `does not recognize ${ROLE}: it has no access entry, or the entry belongs to a deleted role`,
    ) as string,
    remedy: expect.stringContaining('aws eks delete-access-entry') as string,
  });
});

it('suggests kubectl auth whoami when a cluster does not accept its kubeconfig', async () => {
  await expect(probe(aTarget())).rejects.toMatchObject({
    code: 'cluster-unauthorized',
    remedy: expect.stringContaining('kubectl auth whoami') as string,
  });
});
