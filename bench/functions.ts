import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { buildFunctions, checkedConfig } from '../infra/build.ts';
import { configFiles } from '../src/platforms/aws/lambda/config-files.ts';
import { startEnvironment } from '../test/rig/lambda/environment.ts';
import { getRuntimeClient } from '../test/rig/lambda/runtime-client.ts';
import { withCluster } from './cluster.ts';
import { measureMemory } from './memory.ts';

// `npm run bench:functions [-- 15]`: cold start (spawn to first /next) and a warm call of each bundle under AWS's own runtime
// client, in turns with an empty handler. Prints a table and writes dist/bench-functions.json; never fails because of a time.
const ROUNDS = Number(process.argv[2] ?? 15);
const WARM_CALLS = 20;
const OBJECTS = 10_000;

const CONFIG = `
clusters:
  prod: { eks: { name: prod, region: eu-west-1, role: "arn:aws:iam::111122223333:role/headgate/shop" } }
repositories:
  fleet: { host: github, url: https://github.com/acme/fleet.git, webhookSecret: "env:SECRET", credentials: "env:TOKEN" }
targets:
${Array.from({ length: 20 }, (_each, index) => `  - { name: shop-${index}, repository: fleet, branch: main, path: apps/${index}, cluster: prod, namespace: shop }`).join('\n')}
`;

const ENV = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example',
  SECRET: 'example',
  TOKEN: 'example',
  HEADGATE_DEPLOY_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/headgate-deploy.fifo',
  HEADGATE_CHECK_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/headgate-check',
};

/** One message for a target that does not exist: hidden like every message, then done. */
const UNKNOWN = {
  Records: [
    {
      messageId: 'm',
      receiptHandle: 'r',
      body: JSON.stringify({ target: 'none', delivery: 'bench', hint: null, at: '2026-01-01T00:00:00Z' }),
      attributes: { ApproximateReceiveCount: '1', MessageGroupId: 'none' },
      eventSourceARN: 'arn:aws:sqs:eu-west-1:111122223333:headgate-deploy.fifo',
    },
  ],
};

const HEALTH = { rawPath: '/healthz', headers: {}, requestContext: { http: { method: 'GET' } } };

interface Subject {
  readonly name: string;
  readonly directory: string;
  readonly handler: string;
  /** For a warm environment; it causes no work outside of it. */
  readonly event: unknown;
}

const layerIn = (directory: string) => join(directory, 'layer');

async function subjects(directory: string): Promise<readonly Subject[]> {
  const config = join(directory, 'headgate.yml');
  await writeFile(config, CONFIG);
  await buildFunctions(directory);
  await mkdir(layerIn(directory));
  for (const [file, content] of await configFiles(await checkedConfig(config)))
    await writeFile(join(layerIn(directory), file), content);
  await bundle(join(directory, 'empty'), 'export const handler = async () => ({});');
  await bundle(
    join(directory, 'reading'),
    `import { readFileSync } from 'node:fs';
     import { readConfig } from './src/config/checked/read-config.ts';
     const path = ${JSON.stringify(config)};
     const read = readConfig({ text: readFileSync(path, 'utf8'), path });
     export const handler = async () => Object.keys(read);`,
  );
  const packed = (name: string, event: unknown) => ({
    name,
    directory: join(directory, name),
    handler: `${name}.handler`,
    event,
  });
  const own = (name: string, folder: string) => ({
    name,
    directory: join(directory, folder),
    handler: 'index.handler',
    event: {},
  });
  return [
    own('a handler that does nothing', 'empty'),
    packed('webhook', HEALTH),
    packed('deploy', UNKNOWN),
    packed('sweep', null),
    own('a handler that reads headgate.yml itself', 'reading'),
  ];
}

async function bundle(outdir: string, contents: string): Promise<void> {
  await mkdir(outdir, { recursive: true });
  await build({
    stdin: { contents, resolveDir: join(import.meta.dirname, '..'), loader: 'ts' },
    outfile: join(outdir, 'index.mjs'),
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    bundle: true,
    minify: true,
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
}

interface Measured {
  readonly coldMs: number[];
  readonly warmMs: number[];
}

async function measure(
  { name, directory, handler, event }: Subject,
  { runtimeClient, sqs }: { runtimeClient: string; sqs: string },
): Promise<Measured> {
  const lines: string[] = [];
  const environment = await startEnvironment({
    name: name.replaceAll(' ', '-'),
    handler,
    taskRoot: directory,
    // For the empty handler too: a layer is mounted in a namespace, which takes a moment.
    layer: layerIn(dirname(directory)),
    env: { ...ENV, AWS_ENDPOINT_URL_SQS: sqs },
    timeoutMs: 10_000,
    memoryMb: 512,
    runtimeClient,
    onLine: (line) => lines.push(line),
  });
  const warmMs: number[] = [];
  // Every sweep reads the Git host, so there is no event for it that causes no work outside.
  for (let call = 0; call < (event === null ? 0 : WARM_CALLS); call += 1) {
    const beganMs = performance.now();
    const invoked = await environment.invoke(event);
    warmMs.push(performance.now() - beganMs);
    if (invoked.kind === 'error') throw new Error(`${name}: ${invoked.message} ${lines.join('\n')}`);
  }
  await environment.stop();
  return { coldMs: [environment.startedMs], warmMs: warmMs.slice(1) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const directory = await mkdtemp(join(tmpdir(), 'headgate-bench-functions-'));
const queue = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
await once(queue, 'listening');
const sqs = `http://127.0.0.1:${(queue.address() as AddressInfo).port}`;
try {
  const runtimeClient = await getRuntimeClient();
  const all = await subjects(directory);
  const measured = all.map((): Measured => ({ coldMs: [], warmMs: [] }));
  // In turns, so that other load on the machine affects all of them; the first round fills the caches.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, subject] of all.entries()) {
      const { coldMs, warmMs } = await measure(subject, { runtimeClient, sqs });
      if (round === 0) continue;
      measured[index]?.coldMs.push(...coldMs);
      measured[index]?.warmMs.push(...warmMs);
    }
  }
  const emptyMs = median(measured[0]?.coldMs ?? []);
  const rows = all.map(({ name }, index) => {
    const { coldMs = [], warmMs = [] } = measured[index] ?? {};
    const cold = median(coldMs);
    const times = Number((cold / emptyMs).toFixed(2));
    return {
      name,
      coldMs: Math.round(cold),
      times,
      warmMs: warmMs.length === 0 ? null : Number(median(warmMs).toFixed(1)),
    };
  });
  const machine = `${cpus().length} × ${(cpus()[0]?.model ?? 'unknown').trim()}, Node ${process.version}, median of ${ROUNDS}`;
  process.stdout.write(`${machine}\n`);
  for (const { name, coldMs, times, warmMs } of rows) {
    process.stdout.write(`${name.padEnd(42)} ${coldMs} ms cold (${times} ×), ${warmMs ?? '–'} ms warm\n`);
  }
  const memory = await withCluster((cluster) => measureMemory(OBJECTS, cluster));
  for (const { push, runMs, peakMb } of memory) {
    const figures = `${Math.round(peakMb)} MB at most, run ${Math.round(runMs)} ms`;
    process.stdout.write(`deploy, ${push} with ${OBJECTS} objects: ${figures}\n`);
  }
  await mkdir('dist', { recursive: true });
  await writeFile(join('dist', 'bench-functions.json'), JSON.stringify({ machine, rows, memory }, null, 2));
} finally {
  queue.close();
  queue.closeAllConnections();
  await rm(directory, { recursive: true, force: true });
}
