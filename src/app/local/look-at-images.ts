import type { Repository } from '../../config/checked/config.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import { lookAtBranch, unreadStates } from '../../images/update/look.ts';
import type { ImageState } from '../../images/update/look.ts';
import type { WriteGroup } from '../../images/update/write-group.ts';
import { openProposalsOf, recordTrustOf } from '../git-writers.ts';
import { registriesOf } from '../images/open-registries.ts';
import type { LocalRuntime } from './local-runtime.ts';

/** The states of all images of these branches. A branch or registry that cannot be read hides no other. */
export async function lookAtImages(
  groups: readonly WriteGroup[],
  runtime: LocalRuntime,
  signal: AbortSignal,
): Promise<readonly ImageState[]> {
  const openRegistry = registriesOf(runtime, runtime.registryLogin);
  const { openGit: openReader, log } = runtime;
  const openProposals = (repository: Repository) => openProposalsOf(repository, runtime);
  const readers = await runtime.loadReaders();
  const trust = recordTrustOf(runtime);
  const states = await Promise.all(
    groups.map((group) =>
      lookAtBranch(group, { registry: openRegistry(), openReader, openProposals, log, readers, trust }, signal).catch(
        (thrown: unknown) => {
          signal.throwIfAborted();
          return unreadStates(group, asDeployError(thrown));
        },
      ),
    ),
  );
  return states.flat();
}
