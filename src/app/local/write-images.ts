import { asDeployError } from '../../error/deploy-error.ts';
import { writeGroups } from '../../images/update/write-group.ts';
import type { LocalRuntime } from './local-runtime.ts';
import { openUpdatesLate } from '../work/open-updates-late.ts';

/** Updates every branch that images are written to, once. Each failure is logged; false: there was one. */
export async function writeImages(runtime: LocalRuntime, signal: AbortSignal): Promise<boolean> {
  const groups = writeGroups(runtime.config).filter(({ intervalMs }) => intervalMs > 0);
  if (groups.length === 0) return true;
  const updates = await openUpdatesLate(runtime);
  let hasSucceeded = true;
  for (const group of groups) {
    try {
      const { kind, failure } = await updates.update(group, signal);
      hasSucceeded &&= failure === null && kind !== 'overtaken';
    } catch (thrown) {
      hasSucceeded = false;
      const at = { repository: group.repository.name, branch: group.branch };
      runtime.log({ level: 'error', message: 'image-failed', ...at, errors: [asDeployError(thrown).problem] });
    }
  }
  return hasSucceeded;
}
