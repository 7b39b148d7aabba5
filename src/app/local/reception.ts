import { randomUUID } from 'node:crypto';
import type { Config } from '../../config/checked/config.ts';
import { countRefusals } from '../../deploy/webhook/count-refusals.ts';
import { BODY_LIMIT_BYTES } from '../../deploy/webhook/receive.ts';
import type { Reception } from '../../deploy/webhook/reception.ts';
import { throttled } from '../../images/webhook/throttle.ts';
import { writeGroupsOf } from '../../images/update/write-group.ts';
import type { WriteQueue } from '../../platforms/local/queues.ts';
import { VERSION } from '../version.ts';
import type { LocalRuntime } from './local-runtime.ts';

/** A missing secret fails the start, not the first push. */
export async function readSecrets({ config, secretsOf }: LocalRuntime, signal: AbortSignal): Promise<void> {
  await Promise.all([...config.repositories.values()].map((repository) => secretsOf(repository, signal)));
}

interface Received extends Pick<Reception, 'log' | 'queue' | 'plans'> {
  /** Absent: this platform writes no images. */
  readonly writes?: WriteQueue;
}

export function receptionOf(
  { config, secretsOf, rotatedSecretsOf, nowMs }: LocalRuntime,
  { log, queue, plans, writes }: Received,
): Reception {
  return {
    version: VERSION,
    limitBytes: BODY_LIMIT_BYTES,
    config,
    secretsOf,
    rotatedSecretsOf,
    queue,
    plans,
    ...(writes === undefined ? {} : { pollImages: announcedPolls(config, writes, nowMs) }),
    log: countRefusals(log, nowMs),
    nowMs,
    randomId: randomUUID,
  };
}

/** The branches of the images that a registry announces are read once for all that is announced together. */
function announcedPolls(config: Config, writes: WriteQueue, nowMs: () => number): NonNullable<Reception['pollImages']> {
  const poll = throttled((polls, signal) => writes.send(polls, signal), nowMs);
  return (images, signal) => {
    const groups = images.flatMap((image) => writeGroupsOf(image, config));
    const byName = new Map(groups.map(({ name, debounceMs }) => [name, { group: name, debounceMs }]));
    return poll([...byName.values()], signal);
  };
}
