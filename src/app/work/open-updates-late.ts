import type { Updates } from '../images/open-updates.ts';
import type { WorkRuntime } from './work-runtime.ts';

/** Loads what writes images when it is first needed: most installations have none. */
export async function openUpdatesLate(runtime: WorkRuntime): Promise<Updates> {
  const [{ openUpdates }, { registriesOf }] = await Promise.all([
    import('../images/open-updates.ts'),
    import('../images/open-registries.ts'),
  ]);
  return openUpdates({ runtime, openRegistry: registriesOf(runtime, runtime.registryLogin) });
}
