import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeCertificates } from './certificates.ts';
import type { Certificates } from './certificates.ts';
import { startChild } from '../programs/child.ts';
import type { Child } from '../programs/child.ts';
import { mustRun, run } from '../programs/command.ts';
import type { CommandResult } from '../programs/command.ts';
import type { Parts } from './parts.ts';

/** A running Kubernetes on loopback. Plain data, so that it can be passed to other processes. */
export interface ClusterAddress {
  readonly server: string;
  readonly kubeconfig: string;
  readonly caFile: string;
  readonly adminCert: string;
  readonly adminKey: string;
  /** A user with only the permissions that a test grants to `limited`. */
  readonly limitedToken: string;
  readonly adminToken: string;
  readonly auditLog: string;
  readonly kubectl: string;
  readonly helm: string;
}

export interface ControlPlane {
  readonly address: ClusterAddress;
  stopApiServer(signal?: NodeJS.Signals): Promise<void>;
  startApiServer(): Promise<void>;
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  readonly parts: Parts;
  /** An empty folder for its certificates, data and logs. */
  readonly directory: string;
  /** Controller manager, scheduler and simulated nodes; without them objects are only stored. */
  readonly controllers: boolean;
}

const AUDIT_POLICY =
  'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{ level: Metadata }]\n';
const READY_MS = 60_000;

export async function startControlPlane({ parts, directory, controllers }: ControlPlaneOptions): Promise<ControlPlane> {
  await mkdir(directory, { recursive: true });
  const file = (name: string) => join(directory, name);
  const certificates = await makeCertificates(directory);
  const [etcdPort = 0, peerPort = 0, apiPort = 0] = await freePorts(3);
  const tokens = { admin: randomBytes(16).toString('hex'), limited: randomBytes(16).toString('hex') };
  await writeFile(
    file('tokens.csv'),
    `${tokens.admin},admin,admin,system:masters\n${tokens.limited},limited,limited\n`,
    { mode: 0o600 },
  );
  await writeFile(file('audit-policy.yaml'), AUDIT_POLICY);
  const server = `https://127.0.0.1:${apiPort}`;
  await writeFile(file('kubeconfig'), await kubeconfig(server, certificates), { mode: 0o600 });

  const children: Child[] = [];
  let apiServer: Child | null = null;
  const start = (name: string, command: readonly string[]) => {
    const child = startChild(name, command, file(`${name}.log`));
    children.push(child);
    return child;
  };
  const startApiServer = async () => {
    apiServer = start('kube-apiserver', apiServerCommand({ parts, certificates, file, etcdPort, apiPort }));
    await ready(apiServer, server, await readFile(certificates.ca, 'utf8'));
  };
  const stop = async () => {
    for (const child of children.toReversed()) await child.stop();
  };

  try {
    start('etcd', etcdCommand(parts, file('etcd'), { etcdPort, peerPort }));
    await startApiServer();
    if (controllers) await startControllers({ parts, certificates, file, start });
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    address: {
      server,
      kubeconfig: file('kubeconfig'),
      caFile: certificates.ca,
      adminCert: certificates.admin.cert,
      adminKey: certificates.admin.key,
      limitedToken: tokens.limited,
      adminToken: tokens.admin,
      auditLog: file('audit.log'),
      kubectl: parts.kubectl,
      helm: parts.helm,
    },
    startApiServer,
    stop,
    async stopApiServer(signal) {
      await apiServer?.stop(signal);
    },
  };
}

function etcdCommand(
  { etcd }: Parts,
  data: string,
  { etcdPort, peerPort }: { etcdPort: number; peerPort: number },
): readonly string[] {
  const client = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return [
    etcd,
    `--data-dir=${data}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    // Its data lives as long as the test run.
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

function apiServerCommand({
  parts,
  certificates,
  file,
  etcdPort,
  apiPort,
}: {
  readonly parts: Parts;
  readonly certificates: Certificates;
  readonly file: (name: string) => string;
  readonly etcdPort: number;
  readonly apiPort: number;
}): readonly string[] {
  return [
    parts.apiserver,
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--secure-port=${apiPort}`,
    '--bind-address=127.0.0.1',
    `--cert-dir=${file('api')}`,
    `--tls-cert-file=${certificates.server.cert}`,
    `--tls-private-key-file=${certificates.server.key}`,
    `--client-ca-file=${certificates.ca}`,
    `--token-auth-file=${file('tokens.csv')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${certificates.serviceAccounts}`,
    `--service-account-signing-key-file=${certificates.serviceAccounts}`,
    '--authorization-mode=RBAC',
    '--allow-privileged',
    '--service-cluster-ip-range=10.0.0.0/20',
    '--endpoint-reconciler-type=none',
    '--disable-admission-plugins=ServiceAccount',
    `--audit-policy-file=${file('audit-policy.yaml')}`,
    `--audit-log-path=${file('audit.log')}`,
    '--audit-log-mode=blocking',
    // Never rotated: tests and benchmarks count requests in one file. Megabytes.
    '--audit-log-maxsize=100000',
    '--profiling=false',
  ];
}

async function startControllers({
  parts,
  certificates,
  file,
  start,
}: {
  readonly parts: Parts;
  readonly certificates: Certificates;
  readonly file: (name: string) => string;
  readonly start: (name: string, command: readonly string[]) => Child;
}): Promise<void> {
  const [managerPort = 0, schedulerPort = 0] = await freePorts(2);
  const common = [`--kubeconfig=${file('kubeconfig')}`];
  start('kube-controller-manager', [
    parts.controllerManager,
    ...common,
    `--service-account-private-key-file=${certificates.serviceAccounts}`,
    `--root-ca-file=${certificates.ca}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
    // On a busy machine the simulated node renews its lease too late, and a node that is not ready takes no pods.
    '--node-monitor-grace-period=1h',
    '--bind-address=127.0.0.1',
    `--secure-port=${managerPort}`,
  ]);
  start('kube-scheduler', [
    parts.scheduler,
    ...common,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${schedulerPort}`,
  ]);
  const stages = join(dirname(fileURLToPath(import.meta.url)), 'stages.yaml');
  start('kwok', [parts.kwok, ...common, '--manage-all-nodes=true', `--config=${stages}`]);
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'simulated', labels: { 'kubernetes.io/hostname': 'simulated' } },
  };
  await mustRun(parts.kubectl, [...common, 'apply', '--server-side', '-f', '-'], { input: JSON.stringify(node) });
}

/** Polls /readyz: the API server does not announce otherwise that it is ready. */
async function ready(child: Child, server: string, ca: string): Promise<void> {
  const untilMs = performance.now() + READY_MS;
  const { request } = await import('node:https');
  const ask = () =>
    new Promise<boolean>((resolve) => {
      const question = request(`${server}/readyz`, { ca, timeout: 2000 }, (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      });
      question.on('error', () => resolve(false));
      question.on('timeout', () => question.destroy());
      question.end();
    });
  while (!(await ask())) {
    if (child.exitCode() !== null || performance.now() > untilMs) {
      throw new Error(`${child.name} did not become ready:\n${await child.lastOutput()}`);
    }
    await wait(50);
  }
}

async function kubeconfig(server: string, { ca, admin }: Certificates): Promise<string> {
  const base64 = async (path: string) => (await readFile(path)).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'headgate-test',
    contexts: [{ name: 'headgate-test', context: { cluster: 'headgate-test', user: 'admin' } }],
    clusters: [{ name: 'headgate-test', cluster: { server, 'certificate-authority-data': await base64(ca) } }],
    users: [
      {
        name: 'admin',
        user: { 'client-certificate-data': await base64(admin.cert), 'client-key-data': await base64(admin.key) },
      },
    ],
  });
}

/** All listeners are open at once, so that the ports differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<typeof server>((resolve, reject) =>
        server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server)),
      );
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export function kubectl(
  { kubectl: program, kubeconfig: config }: ClusterAddress,
  args: readonly string[],
  input?: string,
): Promise<CommandResult> {
  // It ends before garbage is worth collecting, which takes a fifth of its processor time.
  const env = { ...process.env, GOGC: 'off' };
  return run(program, [`--kubeconfig=${config}`, ...args], { env, ...(input === undefined ? {} : { input }) });
}
