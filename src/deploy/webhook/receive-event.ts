import type { Repository } from '../../config/checked/config.ts';
import { authenticByPlatform } from '../../githost/port/authentic.ts';
import { pushEndpoint } from './push-endpoint.ts';
import { receiveDelivery } from './receive.ts';
import type { Answer, Reception } from './reception.ts';

/** What a platform hands over about a repository of a host that sends no webhooks. */
export interface PlatformEvent {
  readonly id: string;
  readonly repository: Repository;
  /** As JSON. */
  readonly body: Uint8Array;
}

/** Like a webhook request, without a proof of origin: only call it with what the platform itself has proven. Never rejects. */
export async function receiveEvent(
  { id, repository, body }: PlatformEvent,
  reception: Reception,
  signal: AbortSignal,
): Promise<Answer> {
  const endpoint = { ...(await pushEndpoint(repository)), authenticate: authenticByPlatform };
  return receiveDelivery({ id, headers: {}, body }, { endpoint, reception, signal });
}
