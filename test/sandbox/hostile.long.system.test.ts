import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTools } from '../../src/sandbox/tools.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

const PLANTED = 'planted-outside-0123456789';
const outside = mkdtempSync(join(tmpdir(), 'headgate-hostile-'));
const secret = join(outside, 'secret.yaml');
const mark = join(outside, 'executed');
const requested: string[] = [];
let testbed: Testbed;
let server: Server;
let url = '';

beforeAll(async () => {
  writeFileSync(secret, configMap('stolen', { value: PLANTED }));
  server = createServer((request, response) => {
    requested.push(request.url ?? '');
    response.end(configMap('fetched'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // So that everything a render writes is below a directory of this test.
  vi.stubEnv('TMPDIR', outside);
  testbed = await Testbed.build({ target: { path: 'apps/web' } });
  await testbed.start();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await testbed.tearDown();
  server.close();
  rmSync(outside, { recursive: true, force: true });
});

/** Directories of renders that still exist, and processes that still run in one. */
function leftBehind(): readonly string[] {
  const directories = readdirSync(outside).filter((name) => name.startsWith('headgate-render-'));
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(outside, 'headgate-render-'));
      } catch {
        return false;
      }
    });
  return [...directories, ...processes];
}

const LAUGHS = `a: &a [x, x, x, x, x, x, x, x, x, x]\n${[...'bcdefghi']
  .map((name, index) => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${'abcdefgh'[index]}`).join(', ')}]`)
  .join('\n')}\n`;
const script = () => `#!/bin/sh\ntouch ${mark}\n`;
const plugin = (more: string) => `apiVersion: someteam.example.com/v1\nkind: Thing\nmetadata:\n  name: it\n${more}`;
const kustomization = (text: string, more: Readonly<Record<string, string>> = {}) => ({
  'apps/web/kustomization.yaml': text,
  ...more,
});

const ATTACKS: readonly (readonly [what: string, files: () => Readonly<Record<string, string>>, error: string])[] = [
  [
    'a path outside the root',
    () => kustomization('resources: [../../../../../../../..' + secret + ']\n'),
    'leaves the repository',
  ],
  [
    'an absolute path',
    () => kustomization(`configMapGenerator: [{ name: s, files: [${secret}] }]\n`),
    'leaves the repository',
  ],
  ['a base outside the root', () => kustomization('resources: [../../..]\n'), 'leaves the repository'],
  [
    'a chart home outside the root',
    () => kustomization(`helmGlobals: { chartHome: ${outside} }\nhelmCharts: [{ name: x }]\n`),
    'leaves the repository',
  ],
  [
    'a chart name outside the root',
    () => kustomization(`helmCharts: [{ name: ../../../../../../../..${outside} }]\n`),
    'leaves the repository',
  ],
  [
    'a Helm configuration',
    () => kustomization('helmGlobals: { configHome: ./mine }\nhelmCharts: [{ name: x }]\n'),
    'configHome',
  ],
  ['a file over HTTP', () => kustomization(`resources: ["${url}/x.yaml"]\n`), 'which is not listed'],
  [
    'a remote base',
    () => kustomization('resources: ["github.com/kubernetes-sigs/kustomize/examples/helloWorld?ref=v1"]\n'),
    'is on github.com',
  ],
  ['a remote base over SSH', () => kustomization('resources: ["git@github.com:a/b.git"]\n'), 'is on github.com'],
  ['a remote base on this machine', () => kustomization(`resources: ["file://${outside}"]\n`), 'is on this machine'],
  [
    'a remote patch',
    () =>
      kustomization(`resources: [a.yaml]\npatches: [{ path: "${url}/p.yaml" }]\n`, {
        'apps/web/a.yaml': configMap('a'),
      }),
    'which is not listed',
  ],
  [
    'a chart that would be pulled',
    () => kustomization(`helmCharts: [{ name: x, version: 1.0.0, repo: "${url}" }]\n`),
    'which is not listed',
  ],
  [
    'a remote file in a plugin',
    () =>
      kustomization('generators: [g.yaml]\n', {
        'apps/web/g.yaml': `apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: { name: x }\nfiles: ["${url}/x"]\n`,
      }),
    'which is not listed',
  ],
  [
    'an exec function',
    () =>
      kustomization('generators: [g.yaml]\n', {
        'apps/web/g.yaml': plugin(
          '  annotations:\n    config.kubernetes.io/function: |\n      exec: { path: ./run.sh }\n',
        ),
        'apps/web/run.sh': script(),
      }),
    'only builtin',
  ],
  [
    'an exec function disguised as a builtin',
    () =>
      kustomization('transformers: [g.yaml]\nresources: [a.yaml]\n', {
        'apps/web/a.yaml': configMap('a'),
        'apps/web/g.yaml': plugin(
          '  annotations:\n    config.kubernetes.io/function: |\n      exec: { path: ./run.sh }\n',
        ).replace('someteam.example.com/v1', 'builtin'),
        'apps/web/run.sh': script(),
      }),
    'only builtin',
  ],
  [
    'an exec plugin',
    () =>
      kustomization(
        'validators:\n  - |-\n    apiVersion: someteam.example.com/v1\n    kind: Thing\n    metadata: { name: it }\n',
      ),
    'only builtin',
  ],
  ['a billion laughs in the kustomization', () => kustomization(LAUGHS), 'after its aliases are expanded'],
  [
    'a billion laughs in a resource',
    () =>
      kustomization('resources: [a.yaml]\n', {
        'apps/web/a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata:\n${LAUGHS.replaceAll(/^/gm, '  ').trimEnd()}\n`,
      }),
    'apps/web/',
  ],
  [
    'a value of a Secret in an error',
    () => kustomization(`secretGenerator: [{ name: s, literals: ["${PLANTED}"] }]\n`),
    'invalid literal source ***',
  ],
  [
    'a base that refers back to the kustomization',
    () => kustomization('resources: [../other]\n', { 'apps/other/kustomization.yaml': 'resources: [../web]\n' }),
    'cycle',
  ],
  [
    'an endless include',
    () => ({
      'apps/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
      'apps/web/templates/a.yaml': '{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}\n',
    }),
    'apps/web/templates/a.yaml',
  ],
];

describe('a hostile repository', () => {
  it.each(ATTACKS)('is refused with a reason for %s', async (_what, files, error) => {
    await testbed.writeAll({ 'apps/web': null });
    const outcome = await testbed.outcome(await testbed.push(files()), undefined, 45_000);
    expect(outcome['verdict']).toBe('refused');
    const errors = outcome['errors'] as { code: string; subject: string; message: string }[];
    expect(errors.map(({ subject, message }) => `${subject} ${message}`).join('\n')).toContain(error);
    expect(JSON.stringify(errors)).not.toContain(PLANTED);
    expect(leftBehind()).toEqual([]);
  });

  it.each([
    ['a base', 'resources: [../base]\n', 'apps/base'],
    ['a file', 'resources: [a.yaml]\n', 'apps/web/a.yaml'],
  ])('is refused for a symbolic link in place of %s, which is never followed', async (_what, text, path) => {
    await testbed.writeAll({ 'apps/web': null });
    await testbed.write({ 'apps/web/kustomization.yaml': text });
    await testbed.link(path, path.endsWith('.yaml') ? secret : outside);
    const outcome = await testbed.outcome(await testbed.commitAndPush());
    expect(outcome).toMatchObject({ verdict: 'refused' });
    expect(JSON.stringify(outcome['errors'])).toContain('is a symbolic link');
    await testbed.write({ [path]: null });
  });

  it('is refused for a symbolic link inside a chart, which is never followed', async () => {
    await testbed.writeAll({ 'apps/web': null });
    await testbed.write({
      'apps/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
      'apps/web/templates/b.yaml': '',
    });
    await testbed.link('apps/web/templates/a.yaml', secret);
    const outcome = await testbed.outcome(await testbed.commitAndPush());
    expect(JSON.stringify(outcome['errors'])).toContain('the chart contains a symlink');
  });

  it('is stopped at the limits when a generator turns a file of 25 MB into a gigabyte', async () => {
    await testbed.writeAll({ 'apps/web': null });
    const keys = Array.from({ length: 40 }, (_, n) => `k${n}=big`).join(', ');
    await testbed.write({ 'apps/web/kustomization.yaml': `configMapGenerator: [{ name: s, files: [${keys}] }]\n` });
    await testbed.writeBytes('apps/web/big', Buffer.alloc(25 * 1024 * 1024, 'x'));
    const outcome = await testbed.outcome(await testbed.commitAndPush(), undefined, 50_000);
    expect(outcome).toMatchObject({
      verdict: 'refused',
      errors: [expect.objectContaining({ code: 'render-limit', subject: 'apps/web/kustomization.yaml' })],
    });
    expect(leftBehind()).toEqual([]);
  });

  it('is refused for a file larger than the limit for Git objects', async () => {
    await testbed.writeAll({ 'apps/web': null });
    await testbed.write({ 'apps/web/kustomization.yaml': 'configMapGenerator: [{ name: s, files: [big] }]\n' });
    await testbed.writeBytes('apps/web/big', Buffer.alloc(65 * 1024 * 1024));
    const outcome = await testbed.outcome(await testbed.commitAndPush(), undefined, 50_000);
    expect(outcome).toMatchObject({ errors: [expect.objectContaining({ code: 'git-limit' })] });
    await testbed.writeAll({ 'apps/web': null });
  });

  it('reads nothing outside, sends no requests, executes nothing, and fails on every commit', async () => {
    expect(requested).toEqual([]);
    expect(existsSync(mark)).toBe(false);
    expect(JSON.stringify(await testbed.configMaps())).not.toContain(PLANTED);
    expect(JSON.stringify(testbed.log)).not.toContain(PLANTED);
    const states = testbed.host.statuses;
    expect(states.length).toBeGreaterThan(20);
    expect(states.map(({ state }) => state)).not.toContain('success');
  });
});

describe('an endless render', () => {
  const chart = (template: string) => ({
    files: [
      { path: 'c/Chart.yaml', bytes: Buffer.from('apiVersion: v2\nname: c\nversion: 1.0.0\n') },
      { path: 'c/templates/a.yaml', bytes: Buffer.from(template) },
    ],
    chart: { directory: 'c' },
    release: 'rel',
    namespace: 'shop',
    values: [],
    set: {},
    version: 'v1.37.2',
    apiVersions: [],
    file: 'c/Chart.yaml',
    name: 'c',
  });
  const signal = new AbortController().signal;

  it('is stopped at its deadline', async () => {
    const endless = '{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}';
    const started = performance.now();
    await expect(openTools(process.env, { timeMs: 1500 }).template(chart(endless), signal)).rejects.toMatchObject({
      code: 'render-limit',
      message: 'rendering was stopped: it ran longer than 1.5 s',
    });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(leftBehind()).toEqual([]);
  });

  it('is stopped when it exceeds the memory limit', async () => {
    const hungry = '{{ range untilStep 0 2000000000 1 }}{{ end }}';
    await expect(openTools(process.env).template(chart(hungry), signal)).rejects.toMatchObject({
      code: 'render-limit',
    });
    expect(leftBehind()).toEqual([]);
  });

  it('is stopped when it exceeds the output limit', async () => {
    const loud = '{{ range until 100000 }}# a line of meaningless text\n{{ end }}a: b\n';
    await expect(openTools(process.env, { outputBytes: 100_000 }).template(chart(loud), signal)).rejects.toMatchObject({
      message: 'rendering was stopped: it printed more than 100000 bytes',
    });
  });

  it('is stopped when its run is aborted', async () => {
    const run = new AbortController();
    const rendering = openTools(process.env).template(
      chart('{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}'),
      run.signal,
    );
    run.abort();
    await expect(rendering).rejects.toMatchObject({ code: 'interrupted' });
    expect(leftBehind()).toEqual([]);
  });
});
