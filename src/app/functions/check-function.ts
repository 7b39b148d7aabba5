import { randomUUID } from 'node:crypto';
import { lookOnce } from '../../deploy/readiness/check.ts';
import type { CheckRequest } from '../../deploy/ports/check-request.ts';
import { readBatch, serveBatch } from '../../queue/batch.ts';
import type { BatchAnswer } from '../../queue/batch.ts';
import { readCheck } from '../../queue/messages/check-request.ts';
import type { Work } from '../../queue/work.ts';
import type { AppRuntime } from '../app-runtime.ts';
import { functionRuntime, withWork } from './function-runtime.ts';
import type { FunctionEnvironment } from './function-environment.ts';
import { slotsOf } from './slots-of.ts';
import { wait } from '../wait.ts';

const LONGEST_PAUSE_SECONDS = 15 * 60;

/**
 * Serves the check queue: looks once at what a run applied, and hides the message until the next reading. A message that is
 * deferred that way begins no chain of invocations, which AWS would end after about sixteen.
 */
export function checkFunction(world: FunctionEnvironment) {
  const runtime = functionRuntime(world, { holder: `check-${randomUUID()}`, sessionName: 'headgate-check' });
  const ready = withWork(runtime, world);
  const { log } = world;

  return async function serve(event: unknown, signal: AbortSignal): Promise<BatchAnswer> {
    const batch = readBatch(event);
    const queue = world.queueOf(batch.queueArn);
    const common = { queue, remove: null, log, wait, random: Math.random, longestPauseSeconds: LONGEST_PAUSE_SECONDS };
    return serveBatch(
      batch,
      { ...common, ...slotsOf(batch, batch.messages.length, runtime), ...looks(await ready(), world) },
      signal,
    );
  };
}

function looks(runtime: AppRuntime, world: FunctionEnvironment): Work<CheckRequest> {
  return {
    read: readCheck,
    keepUnreadable: null,
    // In a standard queue, every message is its own group.
    async handler([request], signal) {
      if (request === undefined) return { kind: 'done' };
      const { tries, ...check } = request;
      const { preview } = check;
      if (preview !== undefined) {
        const { pullContext } = await import('./queuing-work.ts');
        const { checkPreview } = await import('../../pulls/previews/check-preview.ts');
        await checkPreview({ ...check, preview }, pullContext(runtime, world), signal);
        return { kind: 'done' };
      }
      const checked = await lookOnce({ request: check, looks: tries }, runtime, signal);
      if (checked === 'done') return { kind: 'done' };
      const { again, afterMs } = checked;
      // When the message is delivered again, what was reported is read from the target. Only the message can record that the
      // commit has its final status.
      if (again.statusIsFinal === request.statusIsFinal) return { kind: 'retry', afterMs };
      await runtime.checks.send(again, afterMs, signal);
      return { kind: 'done' };
    },
  };
}
