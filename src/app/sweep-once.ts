import { sweepDrift } from '../deploy/drift/detect-drift.ts';
import type { Queue } from '../deploy/ports/queue.ts';
import type { Runtime } from '../deploy/ports/runtime.ts';
import { sweep } from '../deploy/sweep.ts';
import type { Send } from '../deploy/targets/by-cluster.ts';

/** Reserved for queuing what was found once the time for looking is over. */
const SENDING_MS = 10_000;

interface Sweep {
  readonly runtime: Runtime;
  readonly queue: Queue;
  readonly isForDrift: boolean;
  readonly usableMs: number;
}

/** One sweep within a limit of time. The refs come first: a fleet takes longer to look at for drift. Returns what it queued. */
export async function sweepOnce(
  { runtime, queue, isForDrift, usableMs }: Sweep,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const limit = AbortSignal.timeout(Math.max(usableMs - SENDING_MS, usableMs / 2));
  const looking = AbortSignal.any([signal, limit]);
  const send: Send = (requests) => queue.send(requests, signal);
  const behind = await sweep(runtime, looking, send);
  const drifted = isForDrift ? await sweepDrift(runtime, looking, send) : [];
  return [...behind, ...drifted].map(({ target }) => target);
}
