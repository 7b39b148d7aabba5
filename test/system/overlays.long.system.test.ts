import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';
import type { LogLine } from '../rig/testbed/testbed.ts';

const COUNT = 50;
const NAMES = Array.from({ length: COUNT }, (_, n) => `o${String(n).padStart(2, '0')}`);
const BUDGET_MB = 512;
let testbed: Testbed;

beforeAll(async () => {
  const targets = NAMES.map((name) => ({ name: `NAMESPACE-${name}`, path: `overlays/${name}` }));
  testbed = await Testbed.build({ targets });
  await testbed.start();
  const overlay = (name: string) =>
    `resources: [../../base]\nnamePrefix: ${name}-\nconfigMapGenerator:\n  - name: own\n    files: [own.txt]\n    options: { disableNameSuffixHash: true }\n`;
  const first = await testbed.push({
    'base/kustomization.yaml': 'resources: [one.yaml, two.yaml, three.yaml]\n',
    'base/one.yaml': configMap('one', { value: '1' }),
    'base/two.yaml': configMap('two', { value: '2' }),
    'base/three.yaml': configMap('three', { value: '3' }),
    ...Object.fromEntries(
      NAMES.flatMap((name) => [
        [`overlays/${name}/kustomization.yaml`, overlay(name)],
        [`overlays/${name}/own.txt`, `${name}\n`],
      ]),
    ),
  });
  await outcomesOf(first, COUNT);
}, 180_000);

afterAll(async () => {
  await testbed.tearDown();
});

async function outcomesOf(revision: string, count: number): Promise<readonly LogLine[]> {
  const of = () => testbed.log.filter((line) => line['verdict'] !== undefined && line['revision'] === revision);
  const look = () => {
    if (of().length !== count) throw new Error(`${of().length} of ${count} outcomes`);
  };
  await vi.waitFor(look, { timeout: 120_000, interval: 20 });
  return of();
}

const renders = (revision: string, lines: readonly LogLine[]) =>
  lines.filter(({ revision: of, stagesMs }) => of === revision && 'render' in (stagesMs as object)).length;

it('renders and applies one overlay of 50 when only that one changed', async () => {
  const revision = await testbed.push({ 'overlays/o07/own.txt': 'changed\n' });
  const lines = await outcomesOf(revision, 1);
  expect(lines).toMatchObject([
    { target: `${testbed.namespace}-o07`, verdict: 'deployed', updated: 1, created: 0, pruned: 0 },
  ]);
  expect(renders(revision, lines)).toBe(1);
});

it('sends one request for each of 50 targets when a push changes a file that none of them reads', async () => {
  const revision = await testbed.push({ 'base/README.md': 'words\n' });
  const lines = await outcomesOf(revision, COUNT);
  expect(lines.every(({ verdict }) => verdict === 'unchanged')).toBe(true);
  expect(lines.map(({ requests }) => (requests as { kubernetes: number }).kubernetes)).toEqual(Array(COUNT).fill(1));
  expect(renders(revision, lines)).toBe(0);
});

it('renders 50 overlays in parallel within the memory budget when their base changed, and applies the differences', async () => {
  let peakMb = 0;
  const timer = setInterval(() => (peakMb = Math.max(peakMb, renderersMb())), 10);
  const startedMs = performance.now();
  const revision = await testbed.push({ 'base/two.yaml': configMap('two', { value: 'changed' }) });
  const lines = await outcomesOf(revision, COUNT);
  clearInterval(timer);
  process.stderr.write(
    `50 renders in ${((performance.now() - startedMs) / 1000).toFixed(1)} s, the renderers' peak ${peakMb} MB together\n`,
  );
  expect(
    lines.every(
      ({ verdict, updated, created, pruned }) =>
        verdict === 'deployed' && updated === 1 && created === 0 && pruned === 0,
    ),
  ).toBe(true);
  expect(renders(revision, lines)).toBe(COUNT);
  expect(peakMb).toBeGreaterThan(0);
  expect(peakMb).toBeLessThan(BUDGET_MB);
});

/** Resident memory of the kustomizes that this process has started. */
function renderersMb(): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.reduce((sum, pid) => sum + residentMb(pid), 0);
}

function residentMb(pid: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const isOurs = new RegExp(`^PPid:\\s+${process.pid}$`, 'm').test(status);
    if (!isOurs || !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('kustomize')) return 0;
    return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? '0') / 1024);
  } catch {
    return 0;
  }
}
