import * as z from 'zod/mini';
import { sweepDrift } from '../../deploy/drift/detect-drift.ts';
import { sweep } from '../../deploy/sweep.ts';
import type { Send } from '../../deploy/targets/by-cluster.ts';
import { asDeployError } from '../../error/deploy-error.ts';
import { again, error } from '../../platforms/http/task-route.ts';
import type { TaskRoute } from '../../platforms/http/task-route.ts';
import { usableMsOf } from './tasks.ts';
import type { Tasks } from './tasks.ts';

const Input = z.object({ drift: z._default(z.boolean(), true) });

/** Left for sending what was found when the time is over. */
const SENDING_MS = 10_000;

/** The next scheduled one is as good as a retry. */
const RETRY_SECONDS = 60;

/**
 * `/sweep`, for a schedule: queues targets that are behind their tip and, unless the body is `{"drift":false}`, drifted objects.
 * One that is requested while another runs would only repeat it.
 */
export function sweepTask(tasks: Tasks): TaskRoute['serve'] {
  const running = new Map<boolean, Promise<readonly string[]>>();
  return async ({ body }) => {
    const { data } = z.safeParse(Input, parse(body));
    if (data === undefined) return error(400, 'the body is not a sweep: send {"drift":false}, or no body');
    const { drift } = data;
    const started = running.get(drift) ?? sweepOnce(tasks, drift).finally(() => running.delete(drift));
    running.set(drift, started);
    try {
      return { status: 200, body: { queued: await started } };
    } catch (thrown) {
      tasks.log({ level: 'error', message: 'sweep-failed', errors: [asDeployError(thrown).problem] });
      return again(RETRY_SECONDS);
    }
  };
}

/** Returns the names of the targets that it queued. */
export async function sweepOnce(tasks: Tasks, drift: boolean): Promise<readonly string[]> {
  const { runtime, stopping } = tasks;
  const usableMs = usableMsOf(tasks);
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(usableMs)]);
  const looking = AbortSignal.any([signal, AbortSignal.timeout(Math.max(usableMs - SENDING_MS, usableMs / 2))]);
  const send: Send = (requests) => runtime.requests.send(requests, signal);
  const behind = await sweep(runtime, looking, send);
  const drifted = drift ? await sweepDrift(runtime, looking, send) : [];
  return [...behind, ...drifted].map(({ target }) => target);
}

function parse(body: string): unknown {
  if (body.trim() === '') return {};
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
