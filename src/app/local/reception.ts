import { randomUUID } from 'node:crypto';
import type { Config } from '../../config/checked/config.ts';
import { referencesOfChannel } from '../../config/checked/channel.ts';
import { writeSecretsOf } from '../../config/derived/write-secrets.ts';
import { countRefusals } from '../../deploy/webhook/count-refusals.ts';
import { BODY_LIMIT_BYTES } from '../../deploy/webhook/receive.ts';
import type { Reception } from '../../deploy/webhook/reception.ts';
import type { LocalQueues } from '../../platforms/local/queues.ts';
import { imageSecretsOf, signingKeysOf } from '../probes/secret-probes.ts';
import { resolveSecret } from '../secrets.ts';
import { VERSION } from '../version.ts';
import { promotionWakes } from '../promotions/wake-promotions.ts';
import { announcedPolls } from '../work/announced-polls.ts';
import type { LocalRuntime } from './local-runtime.ts';

/** A missing secret fails the start, not the first push. */
export async function readSecrets({ config, secrets, secretsOf }: LocalRuntime, signal: AbortSignal): Promise<void> {
  const repositories = [...config.repositories.values()];
  const images = [...config.images.values()];
  const channels = [...config.channels.values()];
  const others = [
    ...repositories.flatMap(writeSecretsOf),
    ...images.flatMap(imageSecretsOf),
    ...images.flatMap(signingKeysOf),
    ...channels.flatMap((channel) => referencesOfChannel(channel)),
  ];
  await Promise.all([
    ...repositories.map((repository) => secretsOf(repository, signal)),
    ...others.map((reference) => resolveSecret(reference, secrets, signal)),
  ]);
}

interface Received extends Pick<Reception, 'log' | 'queue' | 'plans'> {
  /** Absent: this platform writes no images. */
  readonly writes?: LocalQueues['writes'];
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
    ...(writes === undefined ? {} : hintsOf(config, writes, nowMs)),
    log: countRefusals(log, nowMs),
    nowMs,
    randomId: randomUUID,
  };
}

function hintsOf(config: Config, writes: LocalQueues['writes'], nowMs: () => number) {
  const { wakeByStatus } = promotionWakes(config, writes);
  return { pollImages: announcedPolls(config, writes, nowMs), wakeByStatus };
}
