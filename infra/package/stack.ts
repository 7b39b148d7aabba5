import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as z from 'zod';
import { STAGE } from '../../src/cli/packaged/packaged-stack.ts';
import type { StackManifest } from '../../src/cli/packaged/packaged-stack.ts';
import { writeZip } from '../../src/platforms/aws/lambda/zip.ts';

const TEMPLATES = ['cloudformation-template-create-stack.json', 'cloudformation-template-update-stack.json'];
const FUNCTIONS = ['webhook', 'deploy', 'check', 'sweep', 'work'] as const;

/**
 * Packages the stack with serverless once, for a stage that `bootstrap` replaces, and writes its templates, the archives
 * of the functions, and the digests of all of these.
 */
export async function packageStack(root: string, out: string): Promise<void> {
  const serverless = join(root, 'node_modules', 'serverless', 'bin', 'serverless.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [serverless, 'package', '--stage', STAGE], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: root, HEADGATE_CONFIG: EXAMPLE, SLS_TELEMETRY_DISABLED: '1' },
  });
  if (status !== 0) throw new Error(`serverless package failed: ${stdout}${stderr}`);
  const files = new Map<string, Buffer>();
  for (const name of TEMPLATES) files.set(name, withoutConfig(await readFile(join(root, '.serverless', name), 'utf8')));
  for (const name of FUNCTIONS) files.set(`${name}.zip`, await archiveOf(root, `dist/functions/${name}`));
  const sha256 = Object.fromEntries([...files].map(([name, content]) => [name, digestOf(content)]));
  const manifest: z.output<typeof StackManifest> = { sha256 };
  for (const [name, content] of files) await writeFile(join(out, name), content);
  await writeFile(join(out, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

const EXAMPLE = join('infra', 'headgate.example.yml');

/** What depends on the user's headgate.yml, `bootstrap` adds: the rights to secrets and to clusters, and the layer with it. */
function withoutConfig(text: string): Buffer {
  const template: { Resources: Record<string, unknown> } = JSON.parse(text);
  const names = [
    'WebhookSecrets',
    'DeploySecrets',
    'CheckSecrets',
    'SweepSecrets',
    'DeployKeys',
    'ClusterRoles',
    'ClusterReadRoles',
    'ConfigLayer',
  ];
  for (const name of names) delete template.Resources[name];
  return Buffer.from(`${JSON.stringify(template, null, 1)}\n`);
}

async function archiveOf(root: string, folder: string): Promise<Buffer> {
  const found = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  const code = found.filter((entry) => entry.isFile() && entry.name.endsWith('.mjs'));
  const entries = code.map(async ({ parentPath, name }) => {
    const file = join(parentPath, name);
    return { name: file.slice(root.length + 1), content: await readFile(file) };
  });
  return writeZip(await Promise.all(entries));
}

function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
