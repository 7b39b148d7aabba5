import * as z from 'zod/mini';
import { asDeployError } from '../../error/deploy-error.ts';
import { again, error } from '../../platforms/http/task-route.ts';
import type { TaskRoute } from '../../platforms/http/task-route.ts';
import { sweepOnce } from '../sweep-once.ts';
import { usableMsOf } from './tasks.ts';
import type { Tasks } from './tasks.ts';

const Input = z.object({ drift: z._default(z.boolean(), true) });

/** The pause before a failed sweep is requested again. The next scheduled sweep is as good as a retry. */
const RETRY_SECONDS = 60;

/**
 * `/sweep`, for a schedule: queues targets that are behind their tip and, unless the body is `{"drift":false}`, drifted
 * objects. A request during such a sweep shares its result: another sweep would only repeat it.
 */
export function sweepTask(tasks: Tasks): TaskRoute['serve'] {
  const running = new Map<boolean, Promise<readonly string[]>>();
  return async ({ body }) => {
    const { data } = z.safeParse(Input, parse(body));
    if (data === undefined) return error(400, 'the body is not a sweep: send {"drift":false}, or no body');
    const { drift } = data;
    const started = running.get(drift) ?? sweepWithin(tasks, drift).finally(() => running.delete(drift));
    running.set(drift, started);
    try {
      return { status: 200, body: { queued: await started } };
    } catch (thrown) {
      tasks.log({ level: 'error', message: 'sweep-failed', errors: [asDeployError(thrown).problem] });
      return again(RETRY_SECONDS);
    }
  };
}

/** One sweep within the time of a task. Returns the names of the targets that it queued. */
export function sweepWithin(tasks: Tasks, isForDrift: boolean): Promise<readonly string[]> {
  const { runtime, stopping } = tasks;
  const usableMs = usableMsOf(tasks);
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(usableMs)]);
  return sweepOnce({ runtime, queue: runtime.requests, isForDrift, usableMs }, signal);
}

function parse(body: string): unknown {
  if (body.trim() === '') return {};
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
