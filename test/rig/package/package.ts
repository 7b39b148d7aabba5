import { cp, mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { mustRun, run } from '../programs/command.ts';
import type { CommandOptions, CommandResult } from '../programs/command.ts';
import { onceInRun } from '../programs/once.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const FOLDERS = ['bin', 'docs', 'functions', 'hooks', 'infra', 'src'];
const FILES = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'headgate.schema.json',
  'package.json',
  'package-lock.json',
  'serverless.yml',
  'tsconfig.json',
];
const PATH = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;

/** The tarball of this run, which the first file that needs it packs: that takes a processor half a minute. */
export async function packedCheckout(): Promise<string> {
  const directory = await onceInRun('package', async (to) => {
    await rename(await packCheckout(to), join(to, 'headgate.tgz'));
  });
  return join(directory, 'headgate.tgz');
}

/** Packs a copy of this checkout as `npm publish` would, without a network, and returns the path of the tarball. */
export async function packCheckout(directory: string): Promise<string> {
  const checkout = await mkdtemp(join(directory, 'checkout-'));
  for (const part of [...FOLDERS, ...FILES]) await cp(join(root, part), join(checkout, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'));
  const env = { PATH, HOME: checkout, npm_config_offline: 'true', npm_config_update_notifier: 'false' };
  const name = await mustRun('npm', ['pack', '--silent'], { cwd: checkout, env });
  return join(checkout, name.trim().split('\n').at(-1) ?? '');
}

/** The package as a user has it after `npm install`: an empty folder, an empty HOME, an empty npm cache, no network. */
export interface Installed {
  /** Its folder in node_modules. */
  readonly folder: string;
  readonly home: string;
  headgate(args: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  remove(): Promise<void>;
}

export async function installPackage(tarball: string): Promise<Installed> {
  const home = await mkdtemp(join(tmpdir(), 'headgate-installed-'));
  const project = join(home, 'project');
  await mkdir(project);
  const base = { PATH, HOME: home, npm_config_offline: 'true', npm_config_update_notifier: 'false' };
  await mustRun('npm', ['install', '--silent', '--no-fund', '--no-audit', tarball], { cwd: project, env: base });
  return {
    folder: join(project, 'node_modules', 'headgate'),
    home,
    headgate: (args, { env = {}, ...options } = {}) =>
      run(join(project, 'node_modules', '.bin', 'headgate'), args, {
        cwd: project,
        timeoutMs: 60_000,
        ...options,
        env: { ...base, ...env },
      }),
    remove: () => rm(home, { recursive: true }),
  };
}
