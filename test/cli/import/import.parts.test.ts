import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headgate } from '../headgate.ts';

let directory = '';

const source = `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: flux-system, namespace: flux-system }
spec: { interval: 1m, ref: { branch: main }, url: https://github.com/acme/fleet }
`;
const apps = (path: string) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: apps, namespace: flux-system }
spec: { interval: 1m, path: ${path}, prune: true, sourceRef: { kind: GitRepository, name: flux-system } }
`;
const FILES = {
  kubeconfig: 'current-context: lab\ncontexts: [{ name: lab, context: { cluster: lab, user: ada } }]\n',
  'written.yaml': `apiVersion: v1\nkind: List\nitems: []\n---\n${source}---\n${apps('apps')}status: { inventory: { entries: [{ id: shop_a__ConfigMap, v: v1 }] } }\n`,
  'fleet/flux.yaml': `${source}---\n${apps('overlay')}`,
  'fleet/overlay/kustomization.yaml':
    'namespace: shop\nresources: [../base]\nconfigMapGenerator: [{ name: words, files: [words.txt] }]\n',
  'fleet/overlay/words.txt': 'hello\n',
  'fleet/base/kustomization.yaml': 'resources: [web.yaml, release.yaml]\n',
  'fleet/base/web.yaml': 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\n',
  'fleet/base/release.yaml':
    'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: web }\nspec: { interval: 1m }\n',
  'empty/a.yaml': 'a: 1\n',
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-import-'));
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  const git = (...args: readonly string[]) => execFileSync('git', ['-C', join(directory, 'fleet'), ...args]);
  git('init', '-q', '-b', 'main');
  git('add', '-A');
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

const run = (...args: readonly string[]) => {
  const { PATH = '', HOME = '', HEADGATE_CACHE } = process.env;
  const cache = HEADGATE_CACHE === undefined ? {} : { HEADGATE_CACHE };
  const env = { PATH, HOME, KUBECONFIG: join(directory, 'kubeconfig'), ...cache };
  return headgate(['import', ...args], { directory, env });
};

describe('headgate import', () => {
  it('shows in JSON no character that moves the cursor of a terminal or turns the text around', async () => {
    const hostile = apps('apps').replace('spec: {', String.raw`spec: { "a\u202eb\x9b31m": 1,`);
    await writeFile(join(directory, 'hostile.yaml'), `${source}---\n${hostile}`);
    const { stdout } = await run('flux', '--from-files', 'hostile.yaml', '--out', 'h.yml', '--output', 'json');
    const { remarks } = JSON.parse(stdout) as { remarks: { field: string }[] };
    expect(remarks.map(({ field }) => field)).toContain('spec.a\u202eb\u009b31m');
    expect(stdout).not.toMatch(/[\u202e\u009b]/);
  });

  it('reads what kubectl has written, with its status', async () => {
    const { code, stdout } = await run('flux', '--from-files', 'written.yaml', '--out', 'a.yml', '--output', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      file: 'a.yml',
      targets: [{ name: 'apps', from: 'Kustomization flux-system/apps', suspended: false, incomplete: false }],
    });
    expect(await readFile(join(directory, 'a.yml'), 'utf8')).toContain('    namespace: shop\n');
    expect(await run('flux', '--from-files', 'written.yaml', '--out', 'a.yml')).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('already exists'),
    });
  });

  it('builds the kustomizations of a clone, whose objects define more targets', async () => {
    const { code, stdout } = await run('flux', '--from-files', 'fleet', '--out', 'b.yml');
    expect([code, stdout]).toEqual([0, expect.stringContaining('Wrote b.yml with these targets:')]);
    const text = await readFile(join(directory, 'b.yml'), 'utf8');
    expect(text).toContain('  - name: apps\n    repository: fleet\n    branch: main\n    path: overlay\n');
    expect(text).toContain('  # from HelmRelease shop/web (overlay)\n');
    expect(stdout).toMatch(/Not translated:\n {2}spec\.chart/);
    expect(stdout).toContain('Done in another way:\n');
  });

  it.each([
    ['neither source', ['flux'], 'neither --from-files nor --from-cluster is given'],
    ['both sources', ['flux', '--from-cluster', '--from-files', 'fleet'], 'cannot be used with'],
    ['another tool', ['helmfile', '--from-cluster'], 'helmfile is not a tool that can be imported'],
    ['a path that does not exist', ['flux', '--from-files', 'gone'], 'the path does not exist'],
    ['an unknown context', ['flux', '--from-cluster', '--context', 'x'], 'the kubeconfig has no such context'],
    [
      'a file inside the clone',
      ['flux', '--from-files', 'fleet', '--out', 'fleet/h.yml'],
      'would be inside the repository',
    ],
  ])('refuses %s', async (_what, args, message) => {
    expect(await run(...args)).toMatchObject({ code: 64, stdout: '', stderr: expect.stringContaining(message) });
  });

  it('writes nothing when no target is complete', async () => {
    const { code, stdout } = await run('argocd', '--from-files', 'empty', '--out', 'none.yml');
    expect([code, stdout]).toEqual([1, 'No target is complete, so no file was written.\n']);
    expect(await readdir(directory)).not.toContain('none.yml');
  });
});
