import type { Repository } from '../../config/checked/config.ts';
import { locationOf } from '../../githost/codecommit/repository-url.ts';

/** How pushes arrive from a host that sends events of AWS: only in its own region, unless another one forwards them. */
export function eventRoute({ url, name }: Pick<Repository, 'url' | 'name'>, stackRegion: string | null): string {
  const region = locationOf(new URL(url))?.region ?? stackRegion;
  if (stackRegion === null) return 'skipped: no AWS region is configured, so the sweep alone finds pushes';
  if (region === stackRegion)
    return `events in ${region}, by a rule of the stack; headgate serve finds pushes by the sweep`;
  return `only by the sweep: the stack is in ${stackRegion}, and the events are in ${region} (headgate connect ${name} says how to forward them)`;
}
