import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { READ_AT_ONCE } from '../../../src/parsing/functions.ts';
import { renderKustomization } from '../../../src/deploy/render/render-kustomization.ts';
import type { Built } from '../../../src/deploy/render/whole-render.ts';
import { NOTHING_RECORDED } from '../../../src/state/target-state.ts';
import { readManifests } from '../../../src/resource/manifests.ts';
import { canonicalJson } from '../../../src/resource/json.ts';
import type { Manifest } from '../../../src/resource/resource.ts';
import { openTools } from '../../../src/sandbox/tools.ts';
import { getTools } from '../../rig/programs/tools.ts';
import type { Tools } from '../../rig/programs/tools.ts';
import { configOf, withTarget } from '../../config/builders.ts';
import { CASES, FIELDS } from './kustomizations.ts';
import type { Case } from './kustomizations.ts';
import { serveFiles } from './serve-files.ts';

const run = promisify(execFile);
const signal = new AbortController().signal;
const tools = openTools(process.env);
let programs: Tools;
let served: Awaited<ReturnType<typeof serveFiles>>;
let scratch = '';

const at = (name: string) => `corpus/${name}/app`;

beforeAll(async () => {
  programs = await getTools();
  scratch = await mkdtemp(join(tmpdir(), 'headgate-corpus-'));
  const all = Object.entries(CASES).flatMap(([name, { files }]) =>
    Object.entries(files).map(([path, content]) => [posix.join(at(name), path), content] as const),
  );
  served = await serveFiles(Object.fromEntries(all));
});

afterAll(async () => {
  await served.close();
  await rm(scratch, { recursive: true, force: true });
});

/** The output of the real command, as canonical JSON of each object; null when it fails. */
async function built(directory: string, { loadRestrictor }: Case): Promise<readonly string[] | null> {
  const restrictor = loadRestrictor === 'none' ? 'LoadRestrictionsNone' : 'LoadRestrictionsRootOnly';
  const args = [
    'kustomize',
    directory,
    '--enable-helm',
    `--helm-command=${programs.helm}`,
    `--load-restrictor=${restrictor}`,
  ];
  try {
    const { stdout } = await run(programs.kubectl, args, {
      env: { HOME: scratch, PATH: '/nonexistent', HTTPS_PROXY: 'http://127.0.0.1:9' },
    });
    return objectsOf(readManifests({ path: 'output', bytes: Buffer.from(stdout) }).manifests);
  } catch {
    return null;
  }
}

const objectsOf = (manifests: readonly Manifest[]) => manifests.map(({ object }) => canonicalJson(object)).toSorted();

async function rendered(name: string, { loadRestrictor }: Case): Promise<Built> {
  const [target] = configOf(
    withTarget(`path: ${at(name)}\n    kustomize: { loadRestrictor: ${loadRestrictor ?? 'root-only'} }`),
  ).targets;
  if (target === undefined) throw new Error('no target');
  const capabilities = () => Promise.reject(new Error('a kustomization needs no capabilities of the cluster'));
  const dataKeys = { open: () => Promise.reject(new Error('nothing here is encrypted')) };
  const world = { target, git: served.open(), tools, readers: READ_AT_ONCE, dataKeys, cluster: { capabilities } };
  return renderKustomization(
    { tree: { rootTree: served.rootTree, base: null }, applied: NOTHING_RECORDED.applied, world },
    signal,
  );
}

/** A directory with only these inputs. */
async function only(inputs: readonly string[]): Promise<string> {
  const root = await mkdtemp(join(scratch, 'only-'));
  for (const path of inputs) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await cp(join(served.checkout, path), join(root, path), { recursive: true });
  }
  return root;
}

describe.concurrent('kustomizations, compared with kubectl kustomize on a full checkout', () => {
  it('number at least 60 and use every field at least once', () => {
    expect(Object.keys(CASES).length).toBeGreaterThanOrEqual(60);
    const texts = Object.values(CASES).flatMap(({ files }) =>
      Object.entries(files).flatMap(([path, text]) => (/kustomization/i.test(path) ? [text] : [])),
    );
    const used = (field: string) => texts.some((text) => new RegExp(`(^|\\{ )${field}:`, 'm').test(text));
    expect(FIELDS.filter((field) => !used(field))).toEqual([]);
  });

  it.each(Object.entries(CASES))(
    '%s renders to the same objects, and needs exactly its recorded inputs',
    async (name, each) => {
      const [full, render] = await Promise.all([built(join(served.checkout, at(name)), each), rendered(name, each)]);
      expect(full).not.toBeNull();
      expect(render.desired.problems).toEqual([]);
      expect(objectsOf(render.desired.manifests)).toEqual(full);

      const inputs = Object.entries(render.inputs).flatMap(([path, id]) => (id === null ? [] : [path]));
      const whole = await only(inputs);
      expect(await built(join(whole, at(name)), each)).toEqual(full);
      for (const path of inputs) {
        const less = await only(inputs.filter((other) => other !== path));
        await mkdir(join(less, at(name)), { recursive: true });
        expect([path, await built(join(less, at(name)), each)]).not.toEqual([path, full]);
      }
    },
  );
});
