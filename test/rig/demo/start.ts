import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { startControlPlane } from '../cluster/control-plane.ts';
import { getParts } from '../cluster/parts.ts';
import { withProgress } from '../programs/progress.ts';
import { startGitHost } from '../git-host/git-host.ts';
import { headgateLog } from './headgate-log.ts';
import type { LogEntry } from './lines.ts';
import { takeTour } from './tour.ts';

// `npm start`: a throw-away Kubernetes, a Git host with an example repository, and Headgate between them. `npm start --
// --json` also shows each line of Headgate's log.
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const FULL_NAME = 'demo/fleet';
const TOKEN = 'demo-token';
const SECRET = 'demo-webhook-secret';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
const isJson = process.argv.includes('--json');
const log = headgateLog(interrupted.signal);
const print = (text: string) => process.stderr.write(`${text}\n`);
const closers: (() => Promise<unknown>)[] = [];

async function start(): Promise<void> {
  const parts = await getParts();
  const directory = await mkdtemp(join(tmpdir(), 'headgate-demo-'));
  closers.push(() => rm(directory, { recursive: true, force: true }));

  const cluster = await withProgress('starting Kubernetes', () =>
    startControlPlane({ parts, directory: join(directory, 'cluster'), controllers: true }),
  );
  closers.push(() => cluster.stop());
  interrupted.signal.throwIfAborted();
  print(`Kubernetes runs at ${cluster.address.server}`);

  const host = await startGitHost({ directory: join(directory, 'git'), token: TOKEN });
  closers.push(() => host.close());
  await host.createRepository(FULL_NAME);
  print(`the Git host runs at ${host.url}`);

  const config = join(directory, 'headgate.yml');
  await writeFile(config, configFor(cluster.address.kubeconfig, host.cloneUrl(FULL_NAME), host.apiUrl));
  const url = await startHeadgate(config, join(directory, 'data'));
  host.setWebhook(FULL_NAME, { url: `${url}/webhooks/fleet`, secret: SECRET });
  print(`Headgate listens at ${url}; the webhook is registered`);

  print('');
  const clone = join(directory, 'fleet');
  await takeTour({
    directory: clone,
    url: host.cloneUrl(FULL_NAME),
    kubectl: cluster.address.kubectl,
    kubeconfig: cluster.address.kubeconfig,
    log,
    print,
  });
  const { kubeconfig } = cluster.address;
  process.stdout.write(nextSteps({ kubeconfig, clone, config, data: join(directory, 'data') }));
}

function configFor(kubeconfig: string, url: string, api: string): string {
  return `clusters:
  demo: { kubeconfig: { path: ${kubeconfig} } }
repositories:
  fleet:
    host: github
    url: ${url}
    api: ${api}
    webhookSecret: env:FLEET_WEBHOOK_SECRET
    credentials: env:FLEET_TOKEN
targets:
  - name: shop
    repository: fleet
    branch: main
    path: apps
    cluster: demo
    namespace: shop
    createNamespace: true
`;
}

/** The command that a user runs, with its log lines as they appear. */
async function startHeadgate(config: string, data: string): Promise<string> {
  const command = [
    join(root, 'src', 'cli', 'main.ts'),
    '--config',
    config,
    '--data-dir',
    data,
    '--log-format',
    'json',
    'serve',
    '--port',
    '0',
    '--drift-interval',
    '3s',
  ];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FLEET_WEBHOOK_SECRET: SECRET, FLEET_TOKEN: TOKEN },
    // Ctrl-C reaches the whole process group of the terminal; this process is stopped in its turn.
    detached: true,
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  closers.push(async () => {
    child.kill('SIGTERM');
    await gone;
  });
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`headgate serve ended with ${code ?? 'a signal'}`)));
    lines.on('line', (line) => {
      if (isJson) process.stderr.write(`  ${line}\n`);
      const entry = JSON.parse(line) as LogEntry;
      log.add(entry);
      if (entry.message === 'listening' && entry.url !== undefined) resolve(entry.url);
    });
  });
}

interface Started {
  readonly kubeconfig: string;
  readonly clone: string;
  readonly config: string;
  readonly data: string;
}

function nextSteps({ kubeconfig, clone, config, data }: Started): string {
  return `
Now you. In another terminal:

cd ${clone}
export KUBECONFIG=${kubeconfig} HEADGATE_CONFIG=${config} FLEET_TOKEN=${TOKEN} FLEET_WEBHOOK_SECRET=${SECRET}

1. Change what runs:    sed -i s/hello/hi/ apps/settings.yaml && git commit -qam 'Say hi' && git push origin main
2. Look before a push:  node ${join(root, 'bin', 'headgate.js')} plan shop
3. See where it is at:  node ${join(root, 'bin', 'headgate.js')} status --data-dir ${data}

Ctrl-C stops everything.
`;
}

try {
  await start();
  if (!interrupted.signal.aborted)
    await new Promise((resolve) => interrupted.signal.addEventListener('abort', resolve));
} catch (thrown) {
  if (!interrupted.signal.aborted) {
    print(thrown instanceof Error ? thrown.message : String(thrown));
    process.exitCode = 1;
  }
} finally {
  print('stopping …');
  for (const close of closers.toReversed()) await close();
  print('stopped; nothing is left but caches.');
}
