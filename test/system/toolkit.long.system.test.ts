import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { installPackage, packedCheckout } from '../rig/package/package.ts';
import type { Installed } from '../rig/package/package.ts';
import { mustRun, run } from '../rig/programs/command.ts';
import { FULL_NAME, SECRET, Testbed, TOKEN, configMap } from '../rig/testbed/testbed.ts';

const root = join(import.meta.dirname, '..', '..');
const WITHIN = { timeout: 60_000, interval: 50 };

let testbed: Testbed;
let installed: Installed;
let project = '';
let forge: Forge;

beforeAll(async () => {
  testbed = await Testbed.build();
  forge = await startForge();
  installed = await installPackage(await packedCheckout());
  project = dirname(dirname(installed.folder));
  await mustRun('npm', ['pkg', 'set', 'type=module'], { cwd: project });
  await writeExample();
}, 400_000);
afterAll(async () => {
  await installed.remove();
  await forge.close();
  await testbed.tearDown();
});

interface Received {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly content: Readonly<Record<string, string>>;
}

interface Forge {
  readonly url: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** The API and the chat of the made-up host. Its Git is that of the testbed. */
async function startForge(): Promise<Forge> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { authorization } = request.headers;
      const content = JSON.parse(Buffer.concat(chunks).toString()) as Received['content'];
      received.push({ path: `${request.method} ${request.url}`, authorization, content });
      response.writeHead(201).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The blocks of docs/toolkit.md, with the addresses of this machine. */
async function writeExample(): Promise<void> {
  const docs = await readFile(join(root, 'docs', 'toolkit.md'), 'utf8');
  const blocks = (language: string) =>
    [...docs.matchAll(/^```(\w+)\n([^]*?)^```/gm)].flatMap(([, of, text = '']) => (of === language ? [text] : []));
  await writeFile(join(project, 'deployer.ts'), blocks('ts').join('\n'));
  const [config = ''] = blocks('yaml');
  const changes = [
    ['~/.kube/config', testbed.kubeconfig],
    ['https://forge.example.com/acme/fleet.git', testbed.host.cloneUrl(FULL_NAME)],
    ['https://api.forge.example.com', forge.url],
    ['namespace: shop', `namespace: ${testbed.namespace}`],
  ] as const;
  for (const [from] of changes) expect(config).toContain(from);
  await writeFile(
    join(project, 'headgate.yml'),
    changes.reduce((text, [from, to]) => text.replaceAll(from, to), config),
  );
  for (const name of ['@types/node', 'undici-types'])
    await cp(join(root, 'node_modules', name), join(project, 'node_modules', name), { recursive: true });
  await writeFile(join(project, 'tsconfig.json'), blocks('json')[0] ?? '');
}

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly log: readonly Readonly<Record<string, unknown>>[];
}

async function startDeployer(file = 'deployer.ts'): Promise<Running> {
  const { PATH } = process.env;
  const env = {
    PATH,
    HOME: installed.home,
    PORT: '0',
    FORGE_SECRET: SECRET,
    FORGE_TOKEN: TOKEN,
    CHAT_URL: `${forge.url}/chat`,
  };
  const child = spawn(process.execPath, [file], { cwd: project, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const log: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.push(JSON.parse(line) as Record<string, unknown>);
  });
  const listening = await vi.waitFor(() => {
    const line = log.find(({ message }) => message === 'listening');
    if (line === undefined) throw new Error(`not listening: ${JSON.stringify(log)}`);
    return line;
  }, WITHIN);
  return { child, url: String(listening['url']), log };
}

async function stopDeployer({ child }: Running): Promise<void> {
  child.kill('SIGTERM');
  const [code] = child.exitCode === null ? ((await once(child, 'exit')) as [number | null]) : [child.exitCode];
  expect(code).toBe(0);
}

async function deliver(url: string, commit: string, secret = SECRET): Promise<Response> {
  const body = JSON.stringify({ project: FULL_NAME, branch: 'main', commit });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return fetch(`${url}/webhooks/fleet`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-forge-delivery': randomUUID(),
      'x-forge-signature': `sha256=${signature}`,
    },
    body,
  });
}

/** The results that Forge shows on a commit, by target, each the newest. */
function checksOf(commit: string): Readonly<Record<string, string | undefined>> {
  const path = `POST /projects/acme%2Ffleet/commits/${commit}/checks`;
  const checks = forge.received.filter((each) => each.path === path && each.authorization === `Bearer ${TOKEN}`);
  return Object.fromEntries(checks.map(({ content }) => [content['name'], content['result']]));
}

const deployed = { 'headgate/shop': 'success', 'headgate/settings': 'success' };

it('lets the example of docs/toolkit.md deploy from a Git host that Headgate does not have', async () => {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  expect(await mustRun(process.execPath, [tsc, '--project', project], { cwd: project })).toBe('');
  const first = await startDeployer();
  try {
    const commit = await testbed.push({
      'apps/a.yaml': configMap('a', { v: '1' }),
      'settings/app.properties': '# shown at the top\ngreeting=hello\n',
    });
    expect((await deliver(first.url, commit, 'another secret')).status).toBe(401);
    const answer = await deliver(first.url, commit);
    expect([answer.status, await answer.json()]).toMatchObject([202, { queued: ['shop', 'settings'] }]);
    await vi.waitFor(() => expect(checksOf(commit)).toEqual(deployed), WITHIN);
    expect(await testbed.configMaps()).toEqual({ a: { v: '1' }, settings: { greeting: 'hello' } });
    await vi.waitFor(() => {
      const texts = forge.received.flatMap(({ path, content }) => (path === 'POST /chat' ? [content['text']] : []));
      expect(texts).toContainEqual(expect.stringMatching(/^shop: 1 created/));
    }, WITHIN);

    const next = await testbed.push({ 'settings/app.properties': 'greeting=goodbye\n' });
    expect((await deliver(first.url, next)).status).toBe(202);
    await vi.waitFor(() => expect(checksOf(next)).toMatchObject({ 'headgate/settings': 'success' }), WITHIN);
    expect(await testbed.configMaps()).toMatchObject({ settings: { greeting: 'goodbye' } });
  } finally {
    await stopDeployer(first);
  }

  // A lost delivery, found by the sweep.
  const text = await readFile(join(project, 'deployer.ts'), 'utf8');
  expect(text).toContain('60_000');
  await writeFile(join(project, 'often.ts'), text.replace('60_000', '500'));
  const lost = await testbed.push({ 'apps/a.yaml': configMap('a', { v: '2' }) });
  const second = await startDeployer('often.ts');
  try {
    await vi.waitFor(() => expect(checksOf(lost)).toMatchObject({ 'headgate/shop': 'success' }), WITHIN);
    expect(await testbed.configMaps()).toMatchObject({ a: { v: '2' } });
  } finally {
    await stopDeployer(second);
  }
}, 240_000);

it('lets nothing but the toolkit of the package be imported', async () => {
  const importing = (path: string) =>
    run(process.execPath, ['--input-type=module', '-e', `await import(${JSON.stringify(path)})`], { cwd: project });
  expect(await importing('headgate/toolkit')).toMatchObject({ code: 0, stderr: '' });
  for (const path of ['headgate', 'headgate/dist/headgate/cli/main.js', 'headgate/dist/types/toolkit/toolkit.d.ts'])
    expect((await importing(path)).stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
});
