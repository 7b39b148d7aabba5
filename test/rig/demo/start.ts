import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { mustRun } from '../programs/command.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import { getParts } from '../cluster/parts.ts';
import { withProgress } from '../programs/progress.ts';
import { startGitHost } from '../git-host/git-host.ts';

// `npm start`: a throw-away Kubernetes, a Git host with an example repository, and Headgate between them.
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const FULL_NAME = 'demo/fleet';
const TOKEN = 'demo-token';
const SECRET = 'demo-webhook-secret';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
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

  const revision = await firstPush(join(directory, 'example'), host.cloneUrl(FULL_NAME));
  print(`pushed ${revision.slice(0, 12)}`);
  await withProgress('waiting for the commit status', async () => {
    while (!host.statusesOf(revision).some(({ state }) => state === 'success')) {
      interrupted.signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  const status = host.statusesOf(revision).at(-1);
  print(`the commit carries ${status?.context ?? ''}: ${status?.state ?? ''} (${status?.description ?? ''})\n`);
  process.stdout.write(
    nextSteps({
      kubeconfig: cluster.address.kubeconfig,
      clone: host.cloneUrl(FULL_NAME),
      api: host.apiUrl,
      config,
      data: join(directory, 'data'),
    }),
  );
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
      process.stderr.write(`  ${line}\n`);
      const entry = JSON.parse(line) as { message?: string; url?: string };
      if (entry.message === 'listening' && entry.url !== undefined) resolve(entry.url);
    });
  });
}

const EXAMPLE: Readonly<Record<string, string>> = {
  'README.md': 'What is below apps/ runs in the cluster.\n',
  'apps/settings.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  greeting: hello
`,
  'apps/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: example.com/web:1
          envFrom: [{ configMapRef: { name: settings } }]
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: { app: web }
  ports: [{ port: 80 }]
`,
};

async function firstPush(directory: string, url: string): Promise<string> {
  const git = (...args: readonly string[]) =>
    mustRun('git', ['-c', 'user.name=you', '-c', 'user.email=you@example.com', '-C', directory, ...args]);
  await mustRun('git', ['init', '-q', '-b', 'main', directory]);
  for (const [path, content] of Object.entries(EXAMPLE)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  await git('add', '-A');
  await git('commit', '-q', '-m', 'The first version of the shop');
  await git('push', '-q', url, 'main');
  return (await git('rev-parse', 'HEAD')).trim();
}

function nextSteps({
  kubeconfig,
  clone,
  api,
  config,
  data,
}: {
  kubeconfig: string;
  clone: string;
  api: string;
  config: string;
  data: string;
}): string {
  return `
Now you: edit apps/settings.yaml in a clone, commit and push, and see the object change.

git clone ${clone}
export KUBECONFIG=${kubeconfig}
export FLEET_TOKEN=${TOKEN} FLEET_WEBHOOK_SECRET=${SECRET}
npx headgate status --config ${config} --data-dir ${data}
npx headgate plan shop --config ${config}
curl -H 'Authorization: Bearer ${TOKEN}' ${api}/repos/${FULL_NAME}/commits/COMMIT/statuses

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
