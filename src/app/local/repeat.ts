import { asDeployError } from '../../error/deploy-error.ts';
import { wait } from '../wait.ts';
import type { Log } from '../../deploy/ports/log.ts';

/** Sweeps, waits and sweeps again, until the signal is aborted. A sweep that fails is logged. */
export async function repeat(
  sweep: () => Promise<void>,
  { intervalMs, log }: { readonly intervalMs: number; readonly log: Log },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await wait(intervalMs, signal);
      await sweep();
    } catch (thrown) {
      if (!signal.aborted) log({ level: 'error', message: 'sweep-failed', errors: [asDeployError(thrown).problem] });
    }
  }
}
