import { asDeployError } from '../../error/deploy-error.ts';
import type { AppRuntime } from '../app-runtime.ts';
import { promotionWakes } from '../promotions/wake-promotions.ts';
import { imagePolls } from '../work/image-polls.ts';
import { lookAtPreviews } from '../work/look-at-previews.ts';
import type { FunctionEnvironment } from './function-environment.ts';
import { pullContext } from './queuing-work.ts';
import { workQueueOf } from './work-hints.ts';

/**
 * What a sweep queues besides deploys: polls of images, previews that are due and, when it also looks for drift, looks at
 * promotions. Promotions are woken by targets that become ready: looking at them each minute would cost more than everything
 * else. A look that fails does not stop the others.
 */
export function sweepWork(world: FunctionEnvironment, runtime: AppRuntime) {
  const { config, log, nowMs } = world;
  const { writes } = workQueueOf(world);
  const pollImages = imagePolls(config, writes, nowMs);
  const promotions = promotionWakes(config, writes);
  const context = pullContext(runtime, world);
  const lookAtOwnPreviews = (signal: AbortSignal) => lookAtPreviews(context, signal);

  return async (isForDrift: boolean, signal: AbortSignal): Promise<void> => {
    const looks = [pollImages, lookAtOwnPreviews, ...(isForDrift ? [promotions.wakeAll] : [])];
    await Promise.all(
      looks.map(async (look) => {
        try {
          await look(signal);
        } catch (thrown) {
          log({ level: 'error', message: 'sweep-failed', errors: [asDeployError(thrown).problem] });
        }
      }),
    );
  };
}
