import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LAYER } from '../src/sandbox/layer.ts';

/**
 * The functions take the versions of kubectl and Helm to be those that src/sandbox/layer.ts pins, and infra/layer.yml
 * uploads the installed package: another one would make every rendered target differ from what the sweep expects.
 * @throws Error when the two differ
 */
export async function refuseOtherLayer(root: string): Promise<void> {
  const fragment = await readFile(join(root, 'infra', 'layer.yml'), 'utf8');
  const name = /node_modules\/(@[\w-]+\/[\w-]+)\/package\.json/.exec(fragment)?.[1] ?? 'no package';
  const installed = await versionOf(join(root, 'node_modules', name, 'package.json'));
  const uploaded = `${name}@${installed ?? 'not installed'}`;
  if (uploaded === LAYER.package) return;
  throw new Error(
    `infra/layer.yml uploads ${uploaded}, but src/sandbox/layer.ts pins ${LAYER.package}. Install the pinned package with \`npm ci\`, or change both files together.`,
  );
}

async function versionOf(file: string): Promise<string | null> {
  try {
    const { version }: { version: string } = JSON.parse(await readFile(file, 'utf8'));
    return version;
  } catch {
    return null;
  }
}
