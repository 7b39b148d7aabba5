import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { ClusterAddress } from '../test/rig/cluster/control-plane.ts';
import { measureAlternatives } from './alternatives.ts';
import { withCluster } from './cluster.ts';
import { measureFlows } from './flows.ts';
import { measureKustomize } from './kustomize.ts';
import { measureLoad } from './load.ts';
import type { LoadScenario } from './load.ts';
import { measurePushes } from './pushes.ts';
import type { PushScenario } from './pushes.ts';
import { measureSweeps } from './sweep.ts';
import { tables } from './tables.ts';
import type { Results } from './tables.ts';

// `npm run bench [-- --full] [-- --only pushes,load,alternatives,sweeps,kustomize,flows]`: prints tables and writes dist/bench.json; never fails because of a time.
const args = process.argv.slice(2);
const isFull = args.includes('--full');
const only = args[args.indexOf('--only') + 1]?.split(',') ?? [];
const isMeant = (name: string) => !args.includes('--only') || only.includes(name);

const nested = (objects: number, changes: readonly number[], delayMs = 0): PushScenario => {
  return { objects, layout: 'nested', delayMs, changes };
};
const SIZES: readonly PushScenario[] = [
  nested(100, [1, 10, 100]),
  nested(1000, [1, 10, 100, 1000]),
  nested(10_000, [1, 10, 100, 1000]),
  ...(isFull ? [nested(30_000, [1, 10, 100, 1000])] : []),
];
const FLAT = [1000, 10_000, 30_000].map((objects): PushScenario => ({ ...nested(objects, [1]), layout: 'flat' }));
const DELAYED = [10, 50].flatMap((delayMs) => [100, 10_000].map((objects) => nested(objects, [1, 100], delayMs)));
/** The sizes of one group are compared in turn. */
const PUSHES = [SIZES, ...(isFull ? [...FLAT, ...DELAYED].map((each) => [each]) : [])];

/** Many targets with occasional pushes, and one with pushes faster than its runs. */
const LOADS: readonly LoadScenario[] = [
  { targets: 200, perSecond: 10, seconds: 60 },
  { targets: 1, perSecond: 20, seconds: 10 },
];

const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

async function measure(cluster: ClusterAddress): Promise<Results> {
  const pushes = [];
  for (const scenarios of isMeant('pushes') ? PUSHES : [])
    pushes.push(...(await measurePushes(scenarios, cluster, say)));
  const alternatives = [];
  for (const objects of isMeant('alternatives') ? [1000, ...(isFull ? [10_000] : [])] : [])
    alternatives.push(...(await measureAlternatives(objects, cluster, say)));
  const sweeps = isMeant('sweeps') ? await measureSweeps({ objects: 10_000, drifted: [0, 50] }, cluster, say) : [];
  const kustomize = isMeant('kustomize') ? await measureKustomize(200, cluster, say) : [];
  const flows = isMeant('flows') ? await measureFlows(cluster, say) : [];
  const load = [];
  for (const scenario of isMeant('load') ? LOADS : []) load.push(await measureLoad(scenario, cluster, say));
  const { model = 'unknown' } = cpus()[0] ?? {};
  const machine = `${cpus().length} × ${model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  return { machine, at: new Date().toISOString(), pushes, alternatives, sweeps, kustomize, load, flows };
}

const results = await withCluster(measure);
process.stdout.write(`${tables(results)}\n`);
const folder = join(import.meta.dirname, '..', 'dist');
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'bench.json'), `${JSON.stringify(results, null, 2)}\n`);
say(`written to ${join(folder, 'bench.json')}`);
