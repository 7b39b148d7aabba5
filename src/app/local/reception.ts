import { randomUUID } from 'node:crypto';
import { countRefusals } from '../../deploy/webhook/count-refusals.ts';
import { BODY_LIMIT_BYTES } from '../../deploy/webhook/receive.ts';
import type { Reception } from '../../deploy/webhook/receive.ts';
import { VERSION } from '../version.ts';
import type { LocalRuntime } from './local-runtime.ts';

/** A missing secret fails the start, not the first push. */
export async function readSecrets({ config, secretsOf }: LocalRuntime, signal: AbortSignal): Promise<void> {
  await Promise.all([...config.repositories.values()].map((repository) => secretsOf(repository, signal)));
}

export function receptionOf(
  { config, secretsOf, rotatedSecretsOf, nowMs }: LocalRuntime,
  { log, queue, plans }: Pick<Reception, 'log' | 'queue' | 'plans'>,
): Reception {
  const limits = { version: VERSION, limitBytes: BODY_LIMIT_BYTES };
  const counted = countRefusals(log, nowMs);
  return { ...limits, config, secretsOf, rotatedSecretsOf, queue, plans, log: counted, nowMs, randomId: randomUUID };
}
