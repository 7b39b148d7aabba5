import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAYER } from '../../src/sandbox/layer.ts';
import { mustRun, run } from '../rig/programs/command.ts';
import { packedCheckout } from '../rig/package/package.ts';

const checkout = join(import.meta.dirname, '..', '..');
const PACK_MS = 400_000;
/** The PATH of the image does not have it. */
const CHROOT = '/usr/sbin/chroot';

/** The instructions of the last stage, by their names. */
function lastStage(dockerfile: string): ReadonlyMap<string, string> {
  const lines = dockerfile.slice(dockerfile.lastIndexOf('\nFROM ')).trim().split('\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
}

/** Before it, a warning reports that the configuration has no targets. */
async function listeningAt(output: Readable): Promise<string> {
  for await (const text of createInterface({ input: output })) {
    const line = JSON.parse(text) as { readonly message: string; readonly url: string };
    if (line.message === 'listening') return line.url;
  }
  throw new Error('the host ended before it listened');
}

/** No image can be built here without a registry, so the step that fills the image runs with this machine's programs. */
describe('the container image', () => {
  let directory: string;
  let root: string;
  let stage: ReadonlyMap<string, string>;
  let env: Record<string, string>;
  let entrypoint: readonly string[];
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'headgate-image-'));
    root = join(directory, 'root');
    const dockerfile = await readFile(join(checkout, 'infra/image/Dockerfile'), 'utf8');
    stage = lastStage(dockerfile);
    env = Object.fromEntries((stage.get('ENV') ?? '').split(' ').map((pair) => pair.split('='))) as typeof env;
    entrypoint = JSON.parse(stage.get('ENTRYPOINT') ?? '[]') as readonly string[];
    const step = /^RUN mkdir \/rootfs && (.*)$/m.exec(dockerfile)?.[1] ?? '';
    const tarball = await packedCheckout();
    await mkdir(root);
    const command = step.replace('/package/headgate-*.tgz', tarball).replace('/rootfs', root);
    // The image of the first stage has the Node version that this project pins.
    const PATH = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
    await mustRun('sh', ['-c', command], { cwd: checkout, env: { ...process.env, PATH }, timeoutMs: PACK_MS });
    // The runtime of a container adds these.
    await mkdir(join(root, 'dev'));
    await mustRun('mknod', ['--mode=666', join(root, 'dev/null'), 'c', '1', '3']);
  }, PACK_MS);
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });

  /** As a container: this root, this user, these variables, and nothing else of the machine. */
  const inImage = (...command: readonly string[]) => ['--userspec', stage.get('USER') ?? 'root', root, ...command];
  const runs = async (...command: readonly string[]) => run(CHROOT, inImage(...command), { env: { ...env } });

  it('begins with nothing, and runs as a user without rights', () => {
    expect([stage.get('FROM'), stage.get('USER')]).toEqual(['scratch', '65532:65532']);
  });

  it('has the programs of a run, each in its pinned version', async () => {
    const cache = `${env['HEADGATE_CACHE'] ?? ''}/${LAYER.folder}`;
    expect((await runs('/usr/bin/node', '--version')).stdout.trim()).toBe(process.version);
    expect((await runs('/usr/bin/git', '--version')).stdout).toMatch(/^git version \d/);
    expect((await runs(`${cache}/kubectl`, 'version', '--client')).stdout).toContain(LAYER.versions.kubectl);
    expect((await runs(`${cache}/helm`, 'version', '--short')).stdout).toContain(LAYER.versions.helm);
    expect((await runs(...entrypoint, '--version')).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('has a git that clones a remote base with its submodules', async () => {
    await mustRun('chown', ['65532:65532', join(root, 'tmp')]);
    expect(await runs('/usr/bin/git', 'init', '--quiet', '/tmp/clone')).toMatchObject({ code: 0 });
    const updated = await runs('/usr/bin/git', '-C', '/tmp/clone', 'submodule', 'update', '--init', '--recursive');
    expect(updated).toMatchObject({ code: 0, stderr: '' });
    // It speaks HTTPS: the address is refused by the library for that, not by git.
    const fetched = await runs('/usr/bin/git', '-C', '/tmp/clone', 'fetch', 'https://127.0.0.1:1/base.git');
    expect(fetched.stderr).toMatch(/Failed to connect to 127\.0\.0\.1 port 1/);
  });

  it('has no package manager and none of the checkout’s tools', async () => {
    const programs = await readdir(join(root, 'usr/bin'));
    expect(programs.toSorted()).toEqual(['basename', 'dash', 'git', 'node', 'sed', 'uname', 'unshare']);
    await expect(stat(join(root, 'opt/headgate/node_modules'))).rejects.toThrow(/ENOENT/);
  });

  it('serves the HTTP host, and refuses to start without its key', async () => {
    await mkdir(join(root, 'etc/headgate'), { recursive: true });
    const config = { clusters: {}, repositories: {}, targets: [] };
    await writeFile(join(root, 'etc/headgate/headgate.yml'), JSON.stringify(config));
    const command = [...entrypoint, ...(JSON.parse(stage.get('CMD') ?? '[]') as readonly string[])];
    const more = { ...env, PORT: '0', HEADGATE_TASKS_URL: 'https://queue.example.com' };
    const refused = await run(CHROOT, inImage(...command), { env: more });
    expect([refused.code, refused.stderr + refused.stdout]).toEqual([1, expect.stringContaining('HEADGATE_TASKS_KEY')]);

    const child = spawn(CHROOT, inImage(...command), {
      env: { ...more, HEADGATE_TASKS_KEY: 'key' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const url = await listeningAt(child.stdout);
    expect(await (await fetch(`${url.replace('0.0.0.0', '127.0.0.1')}/healthz`)).json()).toMatchObject({
      status: 'ok',
    });
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
