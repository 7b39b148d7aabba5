import type { Repository } from '../../config/checked/config.ts';
import { refWriterOf } from '../git-writers.ts';
import type { SecretSources } from '../secrets.ts';
import type { AppRuntime } from '../app-runtime.ts';
import type { Probe } from './probe.ts';

type Runtime = Pick<AppRuntime, 'openGit' | 'gitServerOf'> & { readonly secrets: SecretSources };

/**
 * Reads the refs as a push does first: hosts answer that only to those who may push. Null: the repository is not written to.
 */
export function writeProbe(repository: Repository, runtime: Runtime): Probe | null {
  if (repository.write === null) return null;
  return {
    kind: 'write',
    name: repository.name,
    async run(signal) {
      const writer = await refWriterOf(repository, runtime);
      await writer.look(signal);
      return 'may push';
    },
  };
}
