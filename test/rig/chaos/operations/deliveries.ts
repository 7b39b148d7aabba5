import { pickFrom } from '../random.ts';
import type { Soak } from '../soak.ts';
import type { Operation } from './operation.ts';

async function redeliver({ payloads, sources, deliver }: Soak): Promise<void> {
  const payload = pickFrom(payloads.slice(-12), sources.random);
  if (payload !== undefined) await deliver(payload);
}

export const DELIVERIES: readonly Operation[] = [
  // For a commit that a force-push removed, Headgate waits 7 s, as for a Git host that lags.
  { name: 'old delivery again', weight: 25, run: redeliver },
];
