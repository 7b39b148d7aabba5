import { buildFunctions } from '../../../infra/build.ts';
import { onceInRun } from '../programs/once.ts';

/** The packaged functions, which the first file of this run that needs them bundles: that takes a processor ten seconds. */
export function builtFunctions(): Promise<string> {
  return onceInRun('functions', async (directory) => {
    await buildFunctions(directory);
  });
}
