import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runTarget } from '../../src/deploy/requests/run-target.ts';
import type { RunOutcome } from '../../src/deploy/ports/runtime.ts';
import { startControlPlane } from '../rig/cluster/control-plane.ts';
import type { ControlPlane } from '../rig/cluster/control-plane.ts';
import { getParts } from '../rig/cluster/parts.ts';
import { installations } from '../rig/installations/corpus.ts';
import type { Installation } from '../rig/installations/corpus.ts';
import { Testbed } from '../rig/testbed/testbed.ts';

const PATIENT = { timeout: 20_000, interval: 200 };
const CORPUS = await installations();
/** A group that nothing serves is in the way of every other installation, too. */
const DEAD_GROUP = `apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: v1.dead.installations.example.com }
spec:
  { group: dead.installations.example.com, version: v1, groupPriorityMinimum: 1, versionPriority: 1, insecureSkipTLSVerify: true, service: { name: nothing, namespace: default } }
`;

// Not the cluster of the other tests: with a dead API group, Kubernetes deletes no namespace.
let controlPlane: ControlPlane;
let directory: string;
let testbed: Testbed;
const targets: Record<string, unknown>[] = CORPUS.map(({ name, settings }) => ({
  name,
  path: name,
  namespace: name,
  createNamespace: true,
  clusterScoped: true,
  wait: '0s',
  ...(JSON.parse(JSON.stringify(settings).replaceAll('NAME', name)) as object),
}));
let deployed: ReadonlyMap<string, RunOutcome>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-installations-'));
  controlPlane = await startControlPlane({ parts: await getParts(), directory, controllers: true });
  testbed = await Testbed.build({ cluster: controlPlane.address, targets });
  await testbed.applyByHand(DEAD_GROUP);
  await testbed.push(Object.fromEntries(CORPUS.flatMap(({ name, files }) => filesBelow(name, files))));
  deployed = await deployAll();
}, 300_000);

afterAll(async () => {
  await testbed.tearDown();
  await controlPlane.stop();
  await rm(directory, { recursive: true, force: true });
});

function filesBelow(name: string, files: Installation['files']): readonly (readonly [string, string])[] {
  return Object.entries(files).map(([path, content]) => [`${name}/${path}`, content]);
}

async function deployAll(): Promise<ReadonlyMap<string, RunOutcome>> {
  const runtime = testbed.runtime();
  try {
    const outcomes = runtime.config.targets.map(async (target): Promise<[string, RunOutcome]> => {
      const request = { target, trigger: { kind: 'cli' } as const, hint: null, at: new Date().toISOString() };
      return [target.name, await runTarget(request, runtime, AbortSignal.timeout(60_000))];
    });
    return new Map(await Promise.all(outcomes));
  } finally {
    runtime.close();
  }
}

/** What Headgate wrote for this target, without its state and its Events. */
async function writesOf(target: string): Promise<readonly string[]> {
  const requests = await testbed.auditOf(`(${target}@`);
  return requests
    .filter(({ verb, uri }) => !['get', 'list', 'watch'].includes(verb) && !uri.includes('dryRun'))
    .map(({ verb, uri }) => `${verb} ${uri}`)
    .filter((request) => !/\/events|\/configmaps\/headgate-/.test(request));
}

interface Left {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: object; readonly annotations?: object };
}

/** The objects of the installation that are in the cluster. */
async function live({ name }: Installation): Promise<readonly Left[]> {
  const files = ['--recursive', '-f', join(testbed.work, name)];
  const text = await testbed.kubectl('-n', name, 'get', ...files, '--ignore-not-found', '--output', 'json');
  if (text.trim() === '') return [];
  const found = JSON.parse(text) as Left | { readonly items: readonly Left[] };
  return 'items' in found ? found.items : [found];
}

const marksOf = ({ metadata: { labels = {}, annotations = {} } }: Left) =>
  [...Object.keys(labels), ...Object.keys(annotations)].filter((key) => /applyset|headgate\.dev/.test(key));

describe('in one cluster with other installations and with an API group that does not answer', () => {
  it.each(CORPUS)('$name is deployed by one push', ({ name, objects }) => {
    expect(deployed.get(name)).toMatchObject({
      kind: 'done',
      report: { verdict: 'deployed', created: objects, updated: 0, pruned: 0, failed: 0, errors: [] },
    });
  });

  it('no installation is found changed by a sweep', async () => {
    // Objects that controllers have added to are looked at once, and then known.
    const first = await testbed.headgate('sweep', '--output', 'json');
    expect(first.stderr).not.toContain('sweep-failed');
    for (const report of JSON.parse(first.stdout) as object[]) expect(report).toMatchObject({ verdict: 'unchanged' });
    // Controllers may still be adding to them.
    await vi.waitFor(
      async () =>
        expect(await testbed.headgate('sweep')).toMatchObject({ code: 0, stdout: 'every target is at its tip\n' }),
      { timeout: 30_000, interval: 500 },
    );
  });

  it('no installation is written to again by a deploy that compares every object', async () => {
    const before = await Promise.all(CORPUS.map(({ name }) => writesOf(name)));
    // The settings decide which files are read, so all of them are read again.
    for (const target of targets) target['exclude'] = ['not-there/**'];
    const again = await deployAll();
    const after = await Promise.all(CORPUS.map(({ name }) => writesOf(name)));
    const written = CORPUS.map(({ name }, index) => ({ name, writes: after[index]?.slice(before[index]?.length) }));
    expect(written).toEqual(
      CORPUS.map(({ name, reordered }) => ({ name, writes: reordered.map((path) => expect.stringContaining(path)) })),
    );
    for (const { name, reordered } of CORPUS) {
      const report = { created: 0, updated: reordered.length, pruned: 0, failed: 0, errors: [] };
      expect({ name, ...again.get(name) }).toMatchObject({ name, kind: 'done', report });
    }
  });
});

describe('removing an installation', () => {
  it.each(CORPUS)('$name: the plan shows no changes, and an uninstall leaves only what is protected', async (each) => {
    const { name, objects, kept, passing } = each;
    for (const target of targets) target['exclude'] = ['not-there-either/**'];
    const plan = await testbed.headgate('plan', name);
    expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining('no changes') });
    const jobs = () => testbed.kubectl('-n', name, 'get', 'jobs', '--output', 'name');
    await vi.waitFor(async () => expect(await jobs(), 'Jobs that delete themselves').toBe(''), PATIENT);
    const { code, stdout } = await testbed.headgate('--yes', 'uninstall', name);
    expect(stdout).toContain(`${name}: uninstalled (${objects - kept - passing} deleted, ${kept} kept)`);
    expect(code).toBe(0);
    await vi.waitFor(async () => expect(await live(each)).toHaveLength(kept), PATIENT);
    const left = await live(each);
    expect([...new Set(left.map(({ kind }) => kind))].toSorted()).toEqual(
      ['CustomResourceDefinition', 'Namespace', 'PersistentVolumeClaim'].filter((kind) =>
        left.some((object) => object.kind === kind),
      ),
    );
    expect(left.flatMap(marksOf)).toEqual([]);
  });
});
