import { cp, mkdtemp, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resourcesWith } from '../rig/aws/shown-stack.ts';
import { mustRun } from '../rig/programs/command.ts';
import { onceInRun } from '../rig/programs/once.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: string | number }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

/** The template as a stack with these parameters has it; others have their defaults. */
export function stackOf(template: Template, given: Readonly<Record<string, string>> = {}): Template {
  const defaults = Object.entries(template.Parameters ?? {}).map(
    ([name, { Default = '' }]) => [name, Default] as const,
  );
  const parameters = { ...Object.fromEntries(defaults), ...given };
  return { ...template, Resources: resourcesWith(template, parameters) };
}

export interface Packaged {
  readonly directory: string;
  readonly template: Template;
  /** The sha256 of each archive, by its name. */
  readonly archives: Readonly<Record<string, string>>;
}

/** The checkout of this run, which the first file that needs it packages: that takes a processor ten seconds. Read-only. */
export async function packagedCheckout(): Promise<Packaged> {
  const directory = await onceInRun('packaged-checkout', async (to) => {
    await writeFile(join(to, 'packaged.json'), JSON.stringify(await packageCheckout({ parent: to })));
  });
  return JSON.parse(await readFile(join(directory, 'packaged.json'), 'utf8')) as Packaged;
}

/** A fresh checkout, packaged as a user would, without credentials and without network access. */
export async function packageCheckout({
  parent = tmpdir(),
  env = {},
}: { readonly parent?: string; readonly env?: Readonly<Record<string, string>> } = {}): Promise<Packaged> {
  const directory = await mkdtemp(join(parent, 'headgate-package-'));
  const parts = ['serverless.yml', 'package.json', 'tsconfig.json', 'infra', 'functions', 'src'];
  for (const part of parts) await cp(join(root, part), join(directory, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  const nowhere = { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' };
  const serverless = join(root, 'node_modules', 'serverless', 'bin', 'serverless.js');
  await mustRun(process.execPath, [serverless, 'package'], {
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '', HOME: directory, ...nowhere, ...env },
  });
  const packed = join(directory, '.serverless');
  const zips = (await readdir(packed)).filter((name) => name.endsWith('.zip'));
  const archives = await Promise.all(
    zips.map(async (name) => {
      const hash = createHash('sha256').update(await readFile(join(packed, name)));
      return [name, hash.digest('hex')] as const;
    }),
  );
  const text = await readFile(join(packed, 'cloudformation-template-update-stack.json'), 'utf8');
  return { directory, template: JSON.parse(text) as Template, archives: Object.fromEntries(archives) };
}
