import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFunctions, checkedConfig } from '../../infra/build.ts';
import type { BuiltFunctions, InvalidConfig } from '../../infra/build.ts';
import { configLayer } from '../../src/platforms/aws/lambda/config-layer.ts';
import { packConfig, unpackConfig } from '../../src/config/derived/packed.ts';
import type { PackedConfig } from '../../src/config/derived/packed.ts';
import { readConfig } from '../../src/config/checked/read-config.ts';
import { readZip } from '../../src/sandbox/layer.ts';
import { HOST_NAMES } from '../../src/githost/hosts.ts';

const CONFIG = `
clusters:
  prod: { eks: { name: prod, region: eu-west-1, role: "arn:aws:iam::111122223333:role/headgate/shop", externalId: x } }
repositories:
  fleet:
    host: github
    url: https://git.example/acme/fleet.git
    webhookSecret: [ssm:/fleet/webhook, "secretsmanager:fleet#old"]
    credentials: { app: 12345, installation: 678, privateKey: ssm:/fleet/app }
    caFile: ca.pem
    write: ssm:/fleet/write
    pullRequests: { plan: true }
    notify: [team]
key: ssm:/fleet/key
channels: { team: { kind: slack, url: ssm:/slack } }
images:
  - { name: web, image: ghcr.io/acme/web, policy: { semver: ^1.0.0 }, writes: [{ repository: fleet, branch: main, paths: ["a/**"] }] }
promotions:
  - { name: shop, stages: [shop, blog] }
previews:
  - { name: "pr-{{number}}", repository: fleet, pullRequest: { label: preview, into: main }, path: preview, cluster: prod, namespace: "pr-{{number}}" }
targets:
  - { name: shop, repository: fleet, branch: main, path: shop, cluster: prod, namespace: shop, ignore: [{ kind: Deployment, paths: [/spec/replicas] }] }
  - { name: blog, repository: fleet, branch: main, path: blog, cluster: prod, namespace: blog, namespaces: ["*"] }
`;

let directory = '';
let built: BuiltFunctions;
const pathOf = (...parts: readonly string[]) => join(directory, ...parts);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-build-'));
  await writeFile(pathOf('headgate.yml'), CONFIG);
  await writeFile(pathOf('ca.pem'), 'the authority\n');
  built = await buildFunctions(pathOf('out'));
});
afterAll(() => rm(directory, { recursive: true }));

async function digest(out: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(await readFile(pathOf(out, file)));
  return hash.digest('hex');
}

/** The bytes that are loaded with a file, including its imports; `lazily`: also these dynamic imports. */
function loadedBytes(entry: string, lazily: readonly string[] = []): number {
  const { outputs } = built.metafile;
  const names = new Map(Object.entries(outputs).map(([path, output]) => [path, output]));
  const seen = new Set<string>();
  const visit = (path: string) => {
    const output = names.get(path);
    if (output === undefined || seen.has(path)) return;
    seen.add(path);
    for (const { path: imported, kind, external } of output.imports) {
      if (external === true) continue;
      const name = Object.keys(outputs).find((each) => imported.endsWith(each)) ?? '';
      const isWanted =
        kind !== 'dynamic-import' || lazily.some((input) => names.get(name)?.entryPoint?.includes(input));
      if (isWanted) visit(name);
    }
  };
  visit(entry);
  return [...seen].reduce((sum, path) => sum + (names.get(path)?.bytes ?? 0), 0);
}

describe('the build of the functions', () => {
  it('produces the same bytes twice', async () => {
    const again = await buildFunctions(pathOf('again'));
    expect(again.files).toEqual(built.files);
    expect(await digest('again', again.files)).toBe(await digest('out', built.files));
  });

  it.each(HOST_NAMES)('keeps the webhook within 60 KB, including what a delivery of %s loads on demand', (host) => {
    const bytes = loadedBytes('webhook/webhook.mjs', [`src/githost/${host}/receiver.ts`]);
    expect(bytes).toBeGreaterThan(loadedBytes('webhook/webhook.mjs'));
    expect(bytes).toBeLessThanOrEqual(60 * 1024);
  });

  it.each(['deploy', 'check', 'sweep', 'work'])(
    'keeps the %s function within 250 KB, without what it loads on demand',
    (name) => {
      expect(loadedBytes(`${name}/${name}.mjs`)).toBeLessThanOrEqual(250 * 1024);
    },
  );

  it('loads the AWS clients and the YAML parser on demand', () => {
    const outputs = Object.entries(built.metafile.outputs);
    for (const name of ['webhook', 'deploy', 'check', 'sweep', 'work']) {
      const [, entry] = outputs.find(([path]) => path === `${name}/${name}.mjs`) ?? [];
      const eager = Object.keys(entry?.inputs ?? {});
      expect(eager.filter((input) => /node_modules\/(@aws-sdk|yaml)\//.test(input))).toEqual([]);
    }
    const webhook = outputs
      .filter(([path]) => path.startsWith('webhook/'))
      .flatMap(([, { inputs }]) => Object.keys(inputs));
    expect(webhook.filter((input) => /@aws-sdk|@kubernetes|src\/(cluster|git)\//.test(input))).toEqual([]);
  });

  it('writes code alone: the configuration is a layer, with its private CAs and the same bytes each time', async () => {
    expect(built.files.filter((file) => !file.endsWith('.mjs'))).toEqual([]);
    const { key, archive } = await configLayer(await checkedConfig(pathOf('headgate.yml')));
    const packed: PackedConfig = JSON.parse(readZip(archive, 'headgate.json').toString());
    expect(packed.repositories[0]?.caFile).toBe('ca/fleet.pem');
    expect(readZip(archive, 'ca/fleet.pem').toString()).toBe('the authority\n');
    expect(archive.length).toBeLessThan(10_000);
    expect((await configLayer(await checkedConfig(pathOf('headgate.yml')))).key).toBe(key);
    await writeFile(pathOf('other.yml'), CONFIG.replace('branch: main', 'branch: next'));
    expect((await configLayer(await checkedConfig(pathOf('other.yml')))).key).not.toBe(key);
  });

  it('packages a configuration that unpacks to the original', () => {
    const read = readConfig({ text: CONFIG, path: pathOf('headgate.yml') });
    if ('problems' in read) throw new Error(JSON.stringify(read.problems));
    const text = JSON.stringify(packConfig(read.config));
    const unpacked = unpackConfig(JSON.parse(text) as PackedConfig);
    expect(unpacked).toEqual(read.config);
    // One repository is one object, however many targets read it.
    const written = [...unpacked.images.values()].flatMap(({ writes }) => writes);
    const all = [...unpacked.targets, ...written, ...unpacked.previews.map(({ settings }) => settings)];
    expect(new Set(all.map(({ repository }) => repository)).size).toBe(1);
    expect(unpacked.promotions.get('shop')?.steps[0]?.to).toBe(unpacked.targets[1]);
  });

  it('refuses a configuration that functions do not support, with all problems at once', async () => {
    const text = CONFIG.replace('ssm:/fleet/app', 'file:app.pem').replace(
      'clusters:',
      'clusters:\n  lab: { kubeconfig: { path: kubeconfig } }',
    );
    const template =
      '  - { name: "{{basename}}", repository: fleet, branch: main, cluster: prod, namespace: shop, decryption: { age: "file:key" }, kustomize: { remoteBases: [raw.githubusercontent.com, github.com] }, forEach: { directories: "apps/*", clusters: [prod], namespaces: [shop] } }\n';
    await writeFile(pathOf('local.yml'), text + template);
    const checking = checkedConfig(pathOf('local.yml'));
    const problems = await checking.catch((thrown: unknown) => (thrown as InvalidConfig).problems);
    expect(problems).toMatchObject([
      { subject: 'cluster lab' },
      { subject: 'repository fleet' },
      { subject: 'template {{basename}}', message: expect.stringContaining('key is a file') },
      { subject: 'template {{basename}}', message: expect.stringContaining('remoteBases has github.com') },
    ]);
  });

  it('refuses an invalid configuration', async () => {
    await writeFile(pathOf('wrong.yml'), CONFIG.replace('branch: main', 'brunch: main'));
    await expect(checkedConfig(pathOf('wrong.yml'))).rejects.toThrow('brunch');
  });
});
