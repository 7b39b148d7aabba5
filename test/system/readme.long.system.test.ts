import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { packedCheckout } from '../rig/package/package.ts';
import { mustRun, run } from '../rig/programs/command.ts';
import { Testbed, configMap } from '../rig/testbed/testbed.ts';

const LIMIT_MS = 120_000;

let testbed: Testbed;
let home = '';
let tarball = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'headgate-home-'));
  tarball = await packedCheckout();
  testbed = await Testbed.build();
}, 240_000);
afterAll(async () => {
  await testbed.tearDown();
  await rm(home, { recursive: true });
});

/** The commands of the first block below "Run it", without their comments. */
async function readmeCommands(): Promise<readonly string[]> {
  const readme = await readFile(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
  const [, block = ''] = /## Run it\n[^]*?```sh\n([^]*?)```/.exec(readme) ?? [];
  return block.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.replace(/\s+#.*$/, '')]));
}

it('deploys the first push within two minutes by exactly the commands of the README, in an empty home', async () => {
  const inNamespace = (greeting: string) => configMap('settings', { greeting }, `  namespace: ${testbed.namespace}\n`);
  await testbed.push({ 'apps/settings.yaml': inNamespace('hello'), 'README.md': 'x' });
  const env = {
    HOME: home,
    KUBECONFIG: testbed.kubeconfig,
    PATH: [join(home, 'npm', 'bin'), dirname(process.execPath), process.env['PATH'] ?? ''].join(':'),
    npm_config_prefix: join(home, 'npm'),
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
  };
  const beganMs = performance.now();
  const commands = await readmeCommands();
  expect(commands.map((command) => command.split(' ').slice(0, 2).join(' '))).toEqual([
    'npm install',
    'git clone',
    'headgate init',
    'headgate serve',
  ]);
  const [install = '', clone = '', init = '', serve = ''] = commands;
  const shell = (command: string) => run('sh', ['-c', command], { cwd: home, env, timeoutMs: 60_000 });

  expect(await shell(install.replace(/ headgate$/, ` ${tarball}`))).toMatchObject({ code: 0 });
  const cloned = clone.replace(/https:\S+/, testbed.host.cloneUrl('acme/fleet'));
  expect(await shell(cloned)).toMatchObject({ code: 0 });
  const initialized = await shell(init);
  expect([initialized.code, initialized.stderr]).toEqual([0, expect.not.stringContaining('error')]);
  expect(initialized.stdout).toMatch(/Wrote headgate\.yml with these targets:\n {2}apps \(plain\)\n/);
  expect(initialized.stdout).toContain('apps/settings.yaml');
  expect(initialized.stdout).toMatch(/Next:\n {2}1\. headgate serve .*\n {2}2\. headgate connect fleet /);
  expect(await readFile(join(home, 'headgate.yml'), 'utf8')).toContain(`namespace: ${testbed.namespace}\n`);

  // The port of the README may be in use on this machine.
  const serving = spawn('sh', ['-c', `exec ${serve} --port 0`], { cwd: home, env, stdio: 'ignore' });
  const stopped = new Promise((resolve) => serving.once('exit', resolve));
  try {
    await writeFile(join(home, 'fleet', 'apps', 'settings.yaml'), inNamespace('pushed'));
    const identity = ['-c', 'user.name=you', '-c', 'user.email=you@example.com'];
    await mustRun('git', ['-C', join(home, 'fleet'), ...identity, 'commit', '-qam', 'Say it']);
    await mustRun('git', ['-C', join(home, 'fleet'), 'push', '-q'], { env });
    await vi.waitFor(
      async () => expect(await testbed.configMaps()).toMatchObject({ settings: { greeting: 'pushed' } }),
      { timeout: LIMIT_MS, interval: 200 },
    );
    const seconds = (performance.now() - beganMs) / 1000;
    process.stderr.write(`from npm install to the first deployed push: ${seconds.toFixed(1)} s\n`);
    expect(seconds * 1000).toBeLessThan(LIMIT_MS);
    const status = await shell('headgate status');
    expect([status.code, status.stdout]).toEqual([0, expect.stringContaining('deployed')]);
    expect((await shell(init)).stderr).toContain('already exists');
  } finally {
    serving.kill('SIGTERM');
    await stopped;
  }
}, 240_000);

it('refuses to write headgate.yml into the repository that it deploys', async () => {
  const { code, stderr } = await testbed.headgate('init', testbed.work, '--config', join(testbed.work, 'headgate.yml'));
  expect([code, stderr]).toEqual([64, expect.stringContaining('would be inside the repository that it deploys')]);
});
